// SPDX-License-Identifier: Apache-2.0
// FAME (Agrawal and Chase, CCS 2017, ePrint 2017/807, §3.2) over BLS12-381, for comparison only.
// Policies are conjunctions: their reconstruction coefficients are all 1, the fastest case for decryption.
import mcl from 'mcl-wasm';

type Triple<T> = readonly [T, T, T];
const LANES = [1, 2, 3] as const;

export interface FamePublicKey {
  readonly h: Triple<mcl.G2>;
  readonly t: readonly [mcl.GT, mcl.GT];
}
export interface FameMasterKey {
  readonly a: readonly [mcl.Fr, mcl.Fr];
  readonly b: readonly [mcl.Fr, mcl.Fr];
  readonly d: Triple<mcl.G1>;
  readonly g: mcl.G1;
  readonly h: mcl.G2;
}
export interface FameUserKey {
  readonly sk0: Triple<mcl.G2>;
  readonly perAttribute: ReadonlyMap<string, Triple<mcl.G1>>;
  readonly shared: Triple<mcl.G1>;
}
export interface FameCiphertext {
  readonly ct0: Triple<mcl.G2>;
  /** One row per attribute of the conjunction. */
  readonly rows: readonly Readonly<{ attribute: string; parts: Triple<mcl.G1> }>[];
  readonly masked: mcl.GT;
}

/** Prepares the curve; once per process. */
export async function startFame(): Promise<void> {
  await mcl.init(mcl.BLS12_381);
}

export function fameSetup(): { readonly publicKey: FamePublicKey; readonly masterKey: FameMasterKey } {
  const g = mcl.hashAndMapToG1('FAME generator of G1');
  const h = mcl.hashAndMapToG2('FAME generator of G2');
  const [a1, a2, b1, b2, d1, d2, d3] = [scalar(), scalar(), scalar(), scalar(), scalar(), scalar(), scalar()];
  const base = mcl.pairing(g, h);
  const t1 = mcl.pow(base, mcl.add(mcl.mul(d1, a1), d3));
  const t2 = mcl.pow(base, mcl.add(mcl.mul(d2, a2), d3));
  return {
    publicKey: { h: [mcl.mul(h, a1), mcl.mul(h, a2), h], t: [t1, t2] },
    masterKey: { a: [a1, a2], b: [b1, b2], d: [mcl.mul(g, d1), mcl.mul(g, d2), mcl.mul(g, d3)], g, h },
  };
}

/** A user's key for a set of attributes. */
export function fameKey({ a, b, d, g, h }: FameMasterKey, attributes: readonly string[]): FameUserKey {
  const [r1, r2] = [scalar(), scalar()];
  const exponents: Triple<mcl.Fr> = [mcl.mul(b[0], r1), mcl.mul(b[1], r2), mcl.add(r1, r2)];
  const partsOf = (name: string): Triple<mcl.G1> => {
    const sigma = scalar();
    const lane = (t: 1 | 2) => {
      const hashed = LANES.map((l) => mcl.mul(hashToG1(`${name}|${l}|${t}`), exponents[l - 1] ?? r1)).reduce(
        sum,
      );
      return mcl.mul(mcl.add(hashed, mcl.mul(g, sigma)), mcl.inv(a[t - 1] ?? r1));
    };
    return [lane(1), lane(2), mcl.neg(mcl.mul(g, sigma))];
  };
  const common = partsOf('0|1');
  return {
    sk0: [mcl.mul(h, exponents[0]), mcl.mul(h, exponents[1]), mcl.mul(h, exponents[2])],
    perAttribute: new Map(attributes.map((name) => [name, partsOf(name)])),
    shared: [mcl.add(d[0], common[0]), mcl.add(d[1], common[1]), mcl.add(d[2], common[2])],
  };
}

/** Encrypts an element of the target group to whoever has every attribute. */
export function fameEncrypt(
  publicKey: FamePublicKey,
  attributes: readonly string[],
  message: mcl.GT,
): FameCiphertext {
  const [s1, s2] = [scalar(), scalar()];
  const at = (name: string, l: number) =>
    mcl.add(mcl.mul(hashToG1(`${name}|${l}|1`), s1), mcl.mul(hashToG1(`${name}|${l}|2`), s2));
  const columns = attributes.map((_, column) => LANES.map((l) => at(`0|${column + 1}`, l)));
  const rows = attributes.map((attribute, row) => {
    const part = (l: 1 | 2 | 3) => {
      const minus = row === 0 ? columns[0]?.[l - 1] : mcl.neg(columns[row]?.[l - 1] ?? new mcl.G1());
      const plus = columns[row + 1]?.[l - 1];
      return [minus, plus].reduce<mcl.G1>(
        (total, term) => (term === undefined ? total : mcl.add(total, term)),
        at(attribute, l),
      );
    };
    return { attribute, parts: [part(1), part(2), part(3)] as const };
  });
  const [h1, h2, h] = publicKey.h;
  const mask = mcl.mul(mcl.pow(publicKey.t[0], s1), mcl.pow(publicKey.t[1], s2));
  return {
    ct0: [mcl.mul(h1, s1), mcl.mul(h2, s2), mcl.mul(h, mcl.add(s1, s2))],
    rows,
    masked: mcl.mul(mask, message),
  };
}

/** Decrypts with one final exponentiation for all six pairings; throws when an attribute is missing. */
export function fameDecrypt({ ct0, rows, masked }: FameCiphertext, key: FameUserKey): mcl.GT {
  const ciphertextSide = LANES.map((l) => rows.map(({ parts }) => parts[l - 1] ?? new mcl.G1()).reduce(sum));
  const keySide = LANES.map((l) =>
    rows.map(({ attribute }) => partOf(key, attribute, l)).reduce(sum, key.shared[l - 1] ?? new mcl.G1()),
  );
  const loops = LANES.flatMap((l) => {
    const [above, below] = [ciphertextSide[l - 1], keySide[l - 1]];
    const [withKey, withCiphertext] = [key.sk0[l - 1], ct0[l - 1]];
    if (above === undefined || below === undefined || withKey === undefined || withCiphertext === undefined)
      return [];
    return [mcl.millerLoop(above, withKey), mcl.millerLoop(mcl.neg(below), withCiphertext)];
  });
  return mcl.mul(masked, mcl.finalExp(loops.reduce((product, loop) => mcl.mul(product, loop))));
}

/** A random element of the target group, as a message. */
export function fameMessage(): mcl.GT {
  return mcl.pow(mcl.pairing(mcl.hashAndMapToG1('m'), mcl.hashAndMapToG2('m')), scalar());
}

function partOf(key: FameUserKey, attribute: string, lane: 1 | 2 | 3): mcl.G1 {
  const part = key.perAttribute.get(attribute)?.[lane - 1];
  if (part === undefined) throw new Error(`the key lacks the attribute ${attribute}`);
  return part;
}

function sum(a: mcl.G1, b: mcl.G1): mcl.G1 {
  return mcl.add(a, b);
}

function hashToG1(text: string): mcl.G1 {
  return mcl.hashAndMapToG1(text);
}

function scalar(): mcl.Fr {
  const value = new mcl.Fr();
  value.setByCSPRNG();
  return value;
}
