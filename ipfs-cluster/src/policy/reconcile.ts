// SPDX-License-Identifier: Apache-2.0
import { isVaultCid } from '../cid.js';
import { systemClock, type Clock } from '../clock.js';
import type { CallLimits, KeepLimits, Vault } from '../vault.js';
import { isVaultError, type VaultError, type VaultErrorCode } from '../vault-error.js';
import { inBatches, inPool } from './batches.js';
import { holdersOf } from './holders.js';
import { inTurns } from './in-turns.js';
import { Respondents, type OtherNodes } from './other-nodes.js';
import { isHolder, missingCopies, nextToAsk, planOwn, type RepairStep, type WishedPart } from './plan.js';

/** What a reconciliation is to reach. */
export interface ReconcileOptions {
  /** Draws at most so many of the parts that the ledger knows, of authors in turns; each part has its turn in some run. */
  readonly draw: (most: number) => Promise<readonly WishedPart[]>;
  /** This hospital, and all hospitals of the consortium. */
  readonly own: string;
  readonly members: readonly string[];
  /** At how many hospitals each part is to lie. */
  readonly copies: number;
  readonly others: OtherNodes;
  /** Hospitals that have been silent for so long that others hold parts in their place; another one is waited for. */
  readonly givenUp: readonly string[];
  /** Whether a part is still wished; asked again just before anything is done for it, and while no removal goes on. */
  readonly isWished: (cid: string) => boolean;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly limits?: CallLimits;
  readonly clock?: Clock;
}

/** What a reconciliation found and did for this hospital. */
export interface ReconcileReport {
  /** How many parts were drawn. */
  readonly wished: number;
  readonly steps: readonly RepairStep[];
  readonly failures: readonly Failure[];
  /** Parts of this hospital that fewer hospitals than wished hold, as far as they were asked and answered. */
  readonly underReplicated: readonly string[];
  /** The hospitals that did not answer what they hold. */
  readonly silent: readonly string[];
}

/** A step that failed, or a hospital that did not answer. */
export interface Failure {
  readonly step: RepairStep | { readonly kind: 'ask'; readonly hospital: string };
  readonly code: VaultErrorCode | 'NO_ANSWER' | 'NOT_KEPT';
}

const PARALLEL_STEPS = 8;
/** A record may name parts that exist nowhere: so few holds are tried in a run, and each so long. */
const MAX_HOLDS = 64;
const HOLD_MS = 5_000;
/** So many entries are written in a run, and so many parts other hospitals are asked to hold. */
const MAX_PINS = 1_000;
const MAX_KEEPS = 1_000;
/** In one question. */
const MAX_ASKED = 200;
const QUESTIONS = { answerMs: 10_000, runMs: 300_000 } as const;
/** In a run: a hospital that answers each question just in time answers all. What is beyond stays unknown until a later run. */
const MAX_QUESTIONED = (QUESTIONS.runMs / QUESTIONS.answerMs) * MAX_ASKED;
/** So many parts a run looks at, however many the ledger knows: this hospital need not hold or ask about each. */
const MAX_DRAWN = 2 * MAX_QUESTIONED;
/** So many are worked on before the event loop serves others. */
const PIECE = 200;
/** In one request: few, for a store of this hospital waits for its place at another's node behind them. */
const MAX_KEPT = 16;
const REQUESTS = { runMs: 60_000 } as const;

/**
 * Adds the missing copies of the drawn parts: at the own node, in the own pinset, and at other hospitals, which are asked
 * only for what the own node holds. What fails is reported, and tried again by the next run. The node and the
 * others are served even when the own pinset cannot be read; then its error is thrown at the end.
 */
export async function reconcile(vault: Vault, options: ReconcileOptions): Promise<ReconcileReport> {
  const run = await Run.begin(vault, options);
  await run.holdOwn();
  await run.enterOwn();
  await run.askWhoHolds();
  const underReplicated = run.underReplicated();
  await run.haveOthersKeep();
  return run.report(underReplicated);
}

/** A wished part with what the run has learned of it. */
interface Part extends WishedPart {
  readonly order: readonly string[];
  readonly holders: Set<string>;
  /** Who was asked which hospital holds it, and who was asked in vain to hold it. */
  tried: Set<string>;
  readonly awaited: Set<string>;
}

class Run {
  readonly #vault: Vault;
  readonly #options: ReconcileOptions;
  readonly #limits: CallLimits;
  readonly #clock: Clock;
  readonly #parts: readonly Part[];
  readonly #held: Set<string>;
  readonly #entered: ReadonlySet<string> | VaultError;
  readonly #steps: RepairStep[] = [];
  readonly #failures: Failure[] = [];
  #questioned: readonly Part[] = [];
  #silent: readonly string[] = [];

  static async begin(vault: Vault, options: ReconcileOptions): Promise<Run> {
    const { limits = {} } = options;
    const parts = await partsOf(options);
    const drawn = new Set(parts.map(({ cid }) => cid));
    const entered = await entriesOf(vault, drawn, limits);
    const held = await among(drawn, await vault.listHeld(limits));
    return new Run(vault, options, { entered, held, parts });
  }

  private constructor(
    vault: Vault,
    options: ReconcileOptions,
    view: Readonly<{ entered: ReadonlySet<string> | VaultError; held: Set<string>; parts: readonly Part[] }>,
  ) {
    this.#vault = vault;
    this.#options = options;
    this.#limits = options.limits ?? {};
    this.#clock = options.clock ?? systemClock;
    this.#parts = view.parts;
    this.#held = view.held;
    this.#entered = view.entered;
  }

  /** Fetches what belongs here and is not here. */
  async holdOwn(): Promise<void> {
    await this.#atOwnNode('hold', MAX_HOLDS, async ({ cid }) => {
      await this.#vault.hold(cid, { ...this.#keeping(cid), deadlineMs: HOLD_MS });
      this.#held.add(cid);
    });
  }

  /** Gives what is here an entry in the own pinset. */
  async enterOwn(): Promise<void> {
    if (isVaultError(this.#entered)) return;
    await this.#atOwnNode('pin', MAX_PINS, ({ cid }) => this.#vault.pin(cid, this.#keeping(cid)));
  }

  /** Asks the others, in the order in which they hold a part, until enough copies are known; of authors in turns. */
  async askWhoHolds(): Promise<void> {
    const asked = new Respondents(this.#clock, this.#limits, QUESTIONS);
    const concerned = this.#parts
      .filter((part) => this.#held.has(part.cid) || isHolder(this.#placeOf(part)))
      .map((part) => ({ step: part, authors: part.authors }));
    this.#questioned = inTurns(concerned, MAX_QUESTIONED, this.#options.chance);
    for await (const batch of inBatches(this.#questioned, MAX_ASKED)) await this.#askAbout(batch, asked);
    this.#silent = asked.silent();
    for (const hospital of this.#silent)
      this.#failures.push({ step: { kind: 'ask', hospital }, code: 'NO_ANSWER' });
    // A hospital that answered that it does not hold a part can be asked to hold it.
    for (const part of this.#questioned) part.tried = new Set(this.#silent);
  }

  /** The parts of this hospital of which copies are missing, among those that the others were asked about. */
  underReplicated(): readonly string[] {
    return this.#questioned
      .filter((part) => missingCopies(this.#situationOf(part)) > 0)
      .map(({ cid }) => cid);
  }

  /** Asks others to hold what the own node holds and too few do: the next in the order where one does not. */
  async haveOthersKeep(): Promise<void> {
    const asked = new Respondents(this.#clock, this.#limits, REQUESTS);
    for (let left = MAX_KEEPS; left > 0;) {
      const planned = this.#questioned
        .filter(({ cid }) => this.#held.has(cid))
        .flatMap((part) =>
          nextToAsk(this.#situationOf(part)).map((hospital) => ({
            step: { part, hospital },
            authors: part.authors,
          })),
        );
      const chosen = inTurns(planned, left, this.#options.chance);
      if (chosen.length === 0) return;
      left -= chosen.length;
      const byHospital = Map.groupBy(chosen, ({ hospital }) => hospital);
      await Promise.all(
        [...byHospital].map(([hospital, steps]) =>
          this.#haveKept(
            hospital,
            steps.map(({ part }) => part),
            asked,
          ),
        ),
      );
    }
  }

  report(underReplicated: readonly string[]): ReconcileReport {
    if (isVaultError(this.#entered)) throw this.#entered;
    return {
      wished: this.#parts.length,
      steps: this.#steps,
      failures: this.#failures,
      underReplicated,
      silent: this.#silent,
    };
  }

  async #atOwnNode(
    kind: RepairStep['kind'],
    most: number,
    perform: (step: RepairStep) => Promise<void>,
  ): Promise<void> {
    const planned = this.#parts.flatMap((part) =>
      this.#ownPlan(part)
        .filter((step) => step.kind === kind)
        .map((step) => ({ step, authors: part.authors })),
    );
    await inPool(inTurns(planned, most, this.#options.chance), PARALLEL_STEPS, async (step) => {
      const code = await codeOf(perform(step));
      // It is not wished any more.
      if (code === 'PART_REFUSED') return;
      this.#steps.push(step);
      if (code !== null) this.#failures.push({ step, code });
    });
  }

  #keeping(cid: string): KeepLimits {
    return { ...this.#limits, accepts: () => this.#options.isWished(cid) };
  }

  #ownPlan(part: Part): readonly RepairStep[] {
    const entered = !isVaultError(this.#entered) && this.#entered.has(part.cid);
    return planOwn({ ...this.#placeOf(part), cid: part.cid, held: this.#held.has(part.cid), entered });
  }

  async #askAbout(batch: readonly Part[], asked: Respondents): Promise<void> {
    for (;;) {
      const questions = batch.flatMap((part) =>
        nextToAsk(this.#situationOf(part)).map((hospital) => ({ part, hospital })),
      );
      if (questions.length === 0) return;
      const byHospital = Map.groupBy(questions, ({ hospital }) => hospital);
      await Promise.all(
        [...byHospital].map(async ([hospital, about]) => {
          const cids = about.map(({ part }) => part.cid);
          const kept = await asked.ask(hospital, (signal) =>
            this.#options.others.kept(hospital, cids, signal),
          );
          for (const { part } of about) {
            note(part, hospital, kept);
            if (kept === null && !this.#options.givenUp.includes(hospital)) part.awaited.add(hospital);
          }
        }),
      );
    }
  }

  async #haveKept(hospital: string, parts: readonly Part[], asked: Respondents): Promise<void> {
    for await (const batch of inBatches(parts, MAX_KEPT)) {
      const wished = batch.filter(({ cid }) => this.#options.isWished(cid));
      const cids = wished.map(({ cid }) => cid);
      const kept =
        cids.length === 0
          ? null
          : await asked.ask(hospital, (signal) => this.#options.others.keep(hospital, cids, signal));
      for (const part of batch) note(part, hospital, kept);
      for (const { cid } of wished) this.#noteKeep({ kind: 'keep', cid, hospital }, kept);
    }
  }

  #noteKeep(step: Extract<RepairStep, { kind: 'keep' }>, kept: ReadonlySet<string> | null): void {
    this.#steps.push(step);
    if (kept?.has(step.cid) === true) return;
    this.#failures.push({ step, code: kept === null ? 'NO_ANSWER' : 'NOT_KEPT' });
  }

  #placeOf({ order }: Part): Readonly<{ order: readonly string[]; own: string; copies: number }> {
    return { order, own: this.#options.own, copies: this.#options.copies };
  }

  #situationOf(part: Part): Parameters<typeof nextToAsk>[0] {
    const { holders, tried, awaited, cid } = part;
    return { ...this.#placeOf(part), holders, tried, awaited, held: this.#held.has(cid) };
  }
}

/** A hospital's answer counts for itself, and only of what it was asked. */
function note(part: Part, hospital: string, kept: ReadonlySet<string> | null): void {
  part.tried.add(hospital);
  if (kept?.has(part.cid) === true) part.holders.add(hospital);
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

async function partsOf({ draw, members, copies }: ReconcileOptions): Promise<readonly Part[]> {
  const parts: Part[] = [];
  // Where every hospital holds everything, the order says nothing.
  const everywhere = members.length <= copies;
  for await (const batch of inBatches(await draw(MAX_DRAWN), PIECE))
    for (const { cid, authors } of batch) {
      // A vault refuses an identifier that it does not make, and so does every hospital that is asked.
      if (!isVaultCid(cid)) continue;
      const order = everywhere ? members : holdersOf({ cid, authors, members });
      parts.push({ cid, authors, order, holders: new Set(), tried: new Set(), awaited: new Set() });
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
