// SPDX-License-Identifier: Apache-2.0
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import {
  commitToKey,
  decodeBase64url,
  equalBytes,
  encodeShare,
  decodeShare,
  generateHpkeKeyPair,
  hpkeOpen,
  hpkeSeal,
  makeShare,
  recoverKey,
  systemRandom,
  utf8,
  type CustodyKey,
} from '@tutela/crypto';
import {
  capsuleOf,
  finishAll,
  foundConsortium,
  prepareCeremony,
  previousEpoch,
  redealAll,
} from '@tutela/crypto/testing';
import { fameDecrypt, fameEncrypt, fameKey, fameMessage, fameSetup, startFame } from './fame.js';
import { measure, measureInTurns, median, round, summarize, timed, type Sample } from './statistics.js';

const ATTRIBUTES = [5, 10, 20] as const;
const SETS = [3, 5, 7] as const;
const CEREMONIES = 3;

/** Unlocking by threshold custody, by CP-ABE and by RSA on this machine, in one process and without a network. */
export interface UnlockFigures {
  /** Reader's work by number of custodians: open t sealed shares, combine, check the commitment. */
  readonly threshold: Readonly<Record<string, Sample>>;
  /** Reader's and one custodian's work together, the custodians being parallel. */
  readonly thresholdWithRelease: Readonly<Record<string, Sample>>;
  /** FAME decryption by number of attributes. */
  readonly fame: Readonly<Record<string, Sample>>;
  readonly rsa4096Oaep: Sample;
  /** Releases (verify, share, proof, seal) per second of one custodian on one core. */
  readonly releasesPerSecond: number;
  /** Milliseconds of one custodian's work in a ceremony, by size of the set. */
  readonly refreshMs: Readonly<Record<string, number>>;
  readonly reshareMs: Readonly<Record<string, number>>;
}

/** Measures everything that needs no consortium; the kinds of unlock take turns, so that all see the same machine. */
export async function measureUnlock(runs: number): Promise<UnlockFigures> {
  await startFame();
  const unlocks = new Map(SETS.map((members) => [members, prepareUnlock(members)]));
  const times = await measureInTurns(runs, {
    ...named('read', unlocks, ({ read }) => read),
    ...named('release', unlocks, ({ release, read }) => () => {
      release();
      read();
    }),
    ...named('fame', new Map(ATTRIBUTES.map((count) => [count, prepareFame(count)])), (open) => open),
    rsa: prepareRsa(),
  });
  const samples = (kind: string, counts: readonly number[]) =>
    Object.fromEntries(counts.map((count) => [count, summarize(times[`${kind} ${count}`] ?? [])]));
  return {
    threshold: samples('read', SETS),
    thresholdWithRelease: samples('release', SETS),
    fame: samples('fame', ATTRIBUTES),
    rsa4096Oaep: summarize(times['rsa'] ?? []),
    releasesPerSecond: await releaseRate(runs),
    refreshMs: await ceremonyCosts(0),
    reshareMs: await ceremonyCosts(1),
  };
}

/** One call of a kind for each count, under the name `kind count`. */
function named<T>(
  kind: string,
  prepared: ReadonlyMap<number, T>,
  callOf: (prepared: T) => () => void,
): Readonly<Record<string, () => void>> {
  return Object.fromEntries([...prepared].map(([count, each]) => [`${kind} ${count}`, callOf(each)]));
}

interface Unlock {
  /** Verifies the capsule, makes a share with its proof, and seals it to the reader, as one custodian does. */
  readonly release: () => void;
  /** Opens t sealed shares, combines them and checks the key's commitment, as a reader does. */
  readonly read: () => void;
}

function prepareUnlock(members: number): Unlock {
  const threshold = thresholdOf(members);
  const custodians = foundConsortium(systemRandom, members, threshold);
  const [first] = custodians;
  if (first === undefined) throw new Error('a set has custodians');
  const [label, key, salt] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const capsule = capsuleOf(first, { label, key }, systemRandom);
  const context = { publicKey: decodeBase64url(first.publicKey), label };
  const reader = generateHpkeKeyPair(systemRandom);
  const sealing = { info: utf8('Tutela-v1-release bench'), aad: label };
  const releaseBy = (custodian: CustodyKey): Uint8Array =>
    hpkeSeal(reader.publicKey, sealing, encodeShare(makeShare(context, capsule, custodian)), systemRandom);
  const sealed = custodians.slice(0, threshold).map(releaseBy);
  const commitment = commitToKey(key, salt);
  const { epoch } = first;
  const verificationKeys = first.verificationKeys.map((each) => decodeBase64url(each));
  return {
    release: () => {
      releaseBy(first);
    },
    read: () => {
      const shares = sealed.map((each, position) =>
        decodeShare(hpkeOpen(reader, sealing, each), { epoch, index: position + 1 }),
      );
      const accepts = (found: Uint8Array) => equalBytes(commitToKey(found, salt), commitment);
      const { key: found } = recoverKey({
        context,
        capsule,
        epoch,
        threshold,
        verificationKeys,
        shares,
        accepts,
      });
      if (!equalBytes(found, key)) throw new Error('another key came out');
    },
  };
}

async function releaseRate(runs: number): Promise<number> {
  const { release } = prepareUnlock(3);
  const total = await timed(() => measure(runs, release, 0));
  return round((runs * 1000) / total);
}

/** Costs for one custodian by size of the set, when so many join; the median of a few. */
async function ceremonyCosts(joining: number): Promise<Readonly<Record<string, number>>> {
  const costs: Record<string, number> = {};
  for (const members of SETS) {
    const some: number[] = [];
    for (let run = 0; run < CEREMONIES; run += 1) some.push(await ceremonyCost(members, members + joining));
    costs[String(members)] = median(some);
  }
  return costs;
}

/** One custodian's part of a ceremony from one set to another: everybody's work divided by everybody. */
async function ceremonyCost(from: number, to: number): Promise<number> {
  const old = foundConsortium(systemRandom, from, thresholdOf(from));
  const [first] = old;
  if (first === undefined) throw new Error('a set has custodians');
  const dealers = old.slice(0, thresholdOf(from)).map(({ index }) => index);
  const size = { members: to, threshold: thresholdOf(to) };
  const ceremony = prepareCeremony(systemRandom, size, previousEpoch(first, dealers));
  const total = await timed(() => {
    const dealt = redealAll(ceremony, old, systemRandom);
    finishAll(
      ceremony,
      dealt.map(({ dealing }) => dealing),
    );
  });
  return round(total / to);
}

function prepareFame(count: number): () => void {
  const attributes = Array.from({ length: count }, (_, position) => `attribute-${position}`);
  const { publicKey, masterKey } = fameSetup();
  const message = fameMessage();
  const ciphertext = fameEncrypt(publicKey, attributes, message);
  const key = fameKey(masterKey, attributes);
  return () => {
    if (!fameDecrypt(ciphertext, key).isEqual(message)) throw new Error('another message came out');
  };
}

function prepareRsa(): () => void {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;
  const key = randomBytes(32);
  const wrapped = publicEncrypt({ key: publicKey, ...padding }, key);
  return () => {
    if (!privateDecrypt({ key: privateKey, ...padding }, wrapped).equals(key))
      throw new Error('another key came out');
  };
}

function thresholdOf(members: number): number {
  return Math.floor(members / 2) + 1;
}
