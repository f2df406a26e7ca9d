// SPDX-License-Identifier: Apache-2.0
import { isVaultCid } from '../cid.js';
import type { CallLimits, KeepLimits, Vault } from '../vault.js';
import { isVaultError, type VaultError, type VaultErrorCode } from '../vault-error.js';
import { inBatches, inPool } from './batches.js';
import { placeOf, type FoundPart } from './found-parts.js';
import { holdersOf } from './holders.js';
import { inTurns } from './in-turns.js';
import { planOwn, type OwnStep, type WishedPart } from './plan.js';

/** What a run at the own node is to reach. */
export interface OwnOptions {
  /** Draws at most so many of the parts that the ledger knows, of authors in turns; each part has its turn in some run. */
  readonly draw: (most: number) => Promise<readonly WishedPart[]>;
  /** This hospital, and all hospitals of the consortium. */
  readonly own: string;
  readonly members: readonly string[];
  /** At how many hospitals each part is to lie. */
  readonly copies: number;
  /** Whether a part is still wished; asked again just before anything is done for it, and while no removal goes on. */
  readonly isWished: (cid: string) => boolean;
  readonly limits?: CallLimits;
}

/** What a run at the own node found and did. */
export interface OwnReport {
  /** How many parts were drawn. */
  readonly wished: number;
  readonly steps: readonly OwnStep[];
  readonly failures: readonly Readonly<{ step: OwnStep; code: VaultErrorCode }>[];
}

/** So many parts a run looks at, however many the ledger knows: this hospital need not hold each. */
export const MAX_DRAWN = 12_000;
const PARALLEL_STEPS = 8;
/** A record may name parts that exist nowhere: so few holds are tried in a run, and each so long. */
const MAX_HOLDS = 64;
const HOLD_MS = 5_000;
/** So many entries are written in a run. */
const MAX_PINS = 1_000;
/** So many are worked on before the event loop serves others. */
const PIECE = 200;

/** Adds what is missing at the own node and in the own pinset. What fails is reported, and tried again by a later run. */
export class OwnRun {
  readonly #vault: Vault;
  readonly #options: OwnOptions;
  readonly #chance: () => number;
  readonly #entered: ReadonlySet<string> | VaultError;
  readonly #steps: OwnStep[] = [];
  readonly #failures: { step: OwnStep; code: VaultErrorCode }[] = [];
  readonly parts: readonly FoundPart[];

  /** Draws parts, and looks which of them are here. */
  static async begin(vault: Vault, options: OwnOptions, chance: () => number): Promise<OwnRun> {
    const { limits = {} } = options;
    const parts = await partsOf(options);
    const drawn = new Set(parts.map(({ cid }) => cid));
    const entered = await entriesOf(vault, drawn, limits);
    const held = await among(drawn, await vault.listHeld(limits));
    for (const part of parts) part.isHeld = held.has(part.cid);
    return new OwnRun(vault, options, { parts, entered, chance });
  }

  private constructor(
    vault: Vault,
    options: OwnOptions,
    view: Readonly<{
      parts: readonly FoundPart[];
      entered: ReadonlySet<string> | VaultError;
      chance: () => number;
    }>,
  ) {
    this.#vault = vault;
    this.#options = options;
    this.#chance = view.chance;
    this.#entered = view.entered;
    this.parts = view.parts;
  }

  /** Fetches what belongs here and is not here. */
  async holdOwn(): Promise<void> {
    await this.#each('hold', MAX_HOLDS, async (part) => {
      await this.#vault.hold(part.cid, { ...this.#keeping(part.cid), deadlineMs: HOLD_MS });
      part.isHeld = true;
    });
  }

  /** Gives what is here an entry in the own pinset. */
  async enterOwn(): Promise<void> {
    if (isVaultError(this.#entered)) return;
    await this.#each('pin', MAX_PINS, ({ cid }) => this.#vault.pin(cid, this.#keeping(cid)));
  }

  report(): OwnReport {
    if (isVaultError(this.#entered)) throw this.#entered;
    return { wished: this.parts.length, steps: this.#steps, failures: this.#failures };
  }

  async #each(
    kind: OwnStep['kind'],
    most: number,
    perform: (part: FoundPart) => Promise<void>,
  ): Promise<void> {
    const planned = this.parts.flatMap((part) =>
      this.#planOf(part)
        .filter((step) => step.kind === kind)
        .map((step) => ({ step: { step, part }, authors: part.authors })),
    );
    await inPool(inTurns(planned, most, this.#chance), PARALLEL_STEPS, async ({ step, part }) => {
      const code = await codeOf(perform(part));
      // It is not wished any more.
      if (code === 'PART_REFUSED') return;
      this.#steps.push(step);
      if (code !== null) this.#failures.push({ step, code });
    });
  }

  #keeping(cid: string): KeepLimits {
    return { ...this.#options.limits, accepts: () => this.#options.isWished(cid) };
  }

  #planOf(part: FoundPart): readonly OwnStep[] {
    const { cid, isHeld } = part;
    const entered = !isVaultError(this.#entered) && this.#entered.has(cid);
    return planOwn({ ...placeOf(part, this.#options), cid, held: isHeld, entered });
  }
}

/** The code with which a call of the vault fails, or null. */
async function codeOf(call: Promise<void>): Promise<VaultErrorCode | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (isVaultError(error)) return error.code;
    throw error;
  }
}

async function partsOf({ draw, members, copies }: OwnOptions): Promise<readonly FoundPart[]> {
  const parts: FoundPart[] = [];
  // Where every hospital holds everything, the order says nothing.
  const everywhere = members.length <= copies;
  for await (const batch of inBatches(await draw(MAX_DRAWN), PIECE))
    for (const { cid, authors } of batch) {
      // A vault refuses an identifier that it does not make, and so does every hospital that is asked.
      if (!isVaultCid(cid)) continue;
      const order = everywhere ? members : holdersOf({ cid, authors, members });
      parts.push({ cid, authors, order, isHeld: false });
    }
  return parts;
}

async function entriesOf(
  vault: Vault,
  drawn: ReadonlySet<string>,
  limits: CallLimits,
): Promise<ReadonlySet<string> | VaultError> {
  try {
    return await among(drawn, await vault.listPins(limits));
  } catch (error) {
    if (isVaultError(error)) return error;
    throw error;
  }
}

/** Which of the drawn parts a list names. */
async function among(drawn: ReadonlySet<string>, listed: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const batch of inBatches(listed, MAX_DRAWN))
    for (const cid of batch) if (drawn.has(cid)) found.add(cid);
  return found;
}
