// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { CallLimits } from '../vault.js';
import { inBatches } from './batches.js';
import { placeOf, type FoundPart } from './found-parts.js';
import { inTurns } from './in-turns.js';
import { Respondents, type OtherNodes } from './other-nodes.js';
import { missingCopies, nextToAsk, type KeepStep } from './plan.js';

/** What a run that asks the other hospitals is to reach. */
export interface OthersOptions {
  /** This hospital. */
  readonly own: string;
  /** At how many hospitals each part is to lie. */
  readonly copies: number;
  /** Hospitals that have been silent for so long that others hold parts in their place; another one is waited for. */
  readonly givenUp: readonly string[];
  /** Whether a part is still wished; asked again just before another hospital is asked to hold it. */
  readonly isWished: (cid: string) => boolean;
  readonly limits?: CallLimits;
}

/** What a run learned of the other hospitals, and had them do. */
export interface OthersReport {
  readonly steps: readonly KeepStep[];
  readonly failures: readonly OthersFailure[];
  /** Parts of this hospital that fewer hospitals than wished hold, as far as they were asked and answered. */
  readonly underReplicated: readonly string[];
  /** The hospitals that did not answer what they hold. */
  readonly silent: readonly string[];
}

/** A part that was not kept, or a hospital that did not answer. */
export interface OthersFailure {
  readonly step: KeepStep | { readonly kind: 'ask'; readonly hospital: string };
  readonly code: 'NO_ANSWER' | 'NOT_KEPT';
}

/** Through what the others are asked, with chance in [0, 1) and time. */
export interface Asking {
  readonly others: OtherNodes;
  readonly chance: () => number;
  readonly clock: Clock;
}

/** So many parts other hospitals are asked to hold in a run. */
const MAX_KEEPS = 1_000;
/** In one question. */
const MAX_ASKED = 200;
const QUESTIONS = { answerMs: 10_000, runMs: 300_000 } as const;
/** In a run: a hospital that answers each question just in time answers all. What is beyond stays unknown until a later run. */
const MAX_QUESTIONED = (QUESTIONS.runMs / QUESTIONS.answerMs) * MAX_ASKED;
/** In one request: few, for a store of this hospital waits for its place at another's node behind them. */
const MAX_KEPT = 16;
const REQUESTS = { runMs: 60_000 } as const;

/** A part with what the run has learned of it. */
interface Asked {
  readonly part: FoundPart;
  readonly holders: Set<string>;
  /** Who was asked which hospital holds it, and who was asked in vain to hold it. */
  tried: Set<string>;
  readonly awaited: Set<string>;
}

/** Asks which hospitals hold the parts that were found, and has the next ones hold those of which copies are missing. */
export class OthersRun {
  readonly #asking: Asking;
  readonly #options: OthersOptions;
  readonly #limits: CallLimits;
  readonly #steps: KeepStep[] = [];
  readonly #failures: OthersFailure[] = [];
  readonly #asked: readonly Asked[];
  #silent: readonly string[] = [];

  constructor(asking: Asking, options: OthersOptions, found: readonly FoundPart[]) {
    this.#asking = asking;
    this.#options = options;
    this.#limits = options.limits ?? {};
    const concerned = found.map((part) => ({ step: part, authors: part.authors }));
    this.#asked = inTurns(concerned, MAX_QUESTIONED, asking.chance).map((part) => ({
      ...{ part, holders: new Set(), tried: new Set(), awaited: new Set() },
    }));
  }

  /** Asks the others, in the order in which they hold a part, until enough copies are known; of authors in turns. */
  async askWhoHolds(): Promise<void> {
    const respondents = new Respondents(this.#asking.clock, this.#limits, QUESTIONS);
    for await (const batch of inBatches(this.#asked, MAX_ASKED)) await this.#askAbout(batch, respondents);
    this.#silent = respondents.silent();
    for (const hospital of this.#silent)
      this.#failures.push({ step: { kind: 'ask', hospital }, code: 'NO_ANSWER' });
    // A hospital that answered that it does not hold a part can be asked to hold it.
    for (const asked of this.#asked) asked.tried = new Set(this.#silent);
  }

  /** The parts of this hospital of which copies are missing, among those that the others were asked about. */
  underReplicated(): readonly string[] {
    return this.#asked
      .filter((asked) => missingCopies(this.#situationOf(asked)) > 0)
      .map(({ part }) => part.cid);
  }

  /** Asks others to hold what the own node holds and too few do: the next in the order where one does not. */
  async haveOthersKeep(): Promise<void> {
    const respondents = new Respondents(this.#asking.clock, this.#limits, REQUESTS);
    for (let left = MAX_KEEPS; left > 0;) {
      const planned = this.#asked
        .filter(({ part }) => part.isHeld)
        .flatMap((asked) =>
          nextToAsk(this.#situationOf(asked)).map((hospital) => ({
            step: { asked, hospital },
            authors: asked.part.authors,
          })),
        );
      const chosen = inTurns(planned, left, this.#asking.chance);
      if (chosen.length === 0) return;
      left -= chosen.length;
      const byHospital = Map.groupBy(chosen, ({ hospital }) => hospital);
      await Promise.all(
        [...byHospital].map(([hospital, steps]) =>
          this.#haveKept(
            hospital,
            steps.map(({ asked }) => asked),
            respondents,
          ),
        ),
      );
    }
  }

  report(underReplicated: readonly string[]): OthersReport {
    return { steps: this.#steps, failures: this.#failures, underReplicated, silent: this.#silent };
  }

  async #askAbout(batch: readonly Asked[], respondents: Respondents): Promise<void> {
    for (;;) {
      const questions = batch.flatMap((asked) =>
        nextToAsk(this.#situationOf(asked)).map((hospital) => ({ asked, hospital })),
      );
      if (questions.length === 0) return;
      const byHospital = Map.groupBy(questions, ({ hospital }) => hospital);
      await Promise.all(
        [...byHospital].map(async ([hospital, about]) => {
          const cids = about.map(({ asked }) => asked.part.cid);
          const kept = await respondents.ask(hospital, (signal) =>
            this.#asking.others.kept(hospital, cids, signal),
          );
          for (const { asked } of about) {
            note(asked, hospital, kept);
            if (kept === null && !this.#options.givenUp.includes(hospital)) asked.awaited.add(hospital);
          }
        }),
      );
    }
  }

  async #haveKept(hospital: string, parts: readonly Asked[], respondents: Respondents): Promise<void> {
    for await (const batch of inBatches(parts, MAX_KEPT)) {
      const cids = batch.map(({ part }) => part.cid).filter((cid) => this.#options.isWished(cid));
      const kept =
        cids.length === 0
          ? null
          : await respondents.ask(hospital, (signal) => this.#asking.others.keep(hospital, cids, signal));
      for (const asked of batch) note(asked, hospital, kept);
      for (const cid of cids) this.#noteKeep({ kind: 'keep', cid, hospital }, kept);
    }
  }

  #noteKeep(step: KeepStep, kept: ReadonlySet<string> | null): void {
    this.#steps.push(step);
    if (kept?.has(step.cid) === true) return;
    this.#failures.push({ step, code: kept === null ? 'NO_ANSWER' : 'NOT_KEPT' });
  }

  #situationOf({ part, ...known }: Asked): Parameters<typeof nextToAsk>[0] {
    return { ...placeOf(part, this.#options), ...known, held: part.isHeld };
  }
}

/** A hospital's answer counts for itself, and only of what it was asked. */
function note({ part, tried, holders }: Asked, hospital: string, kept: ReadonlySet<string> | null): void {
  tried.add(hospital);
  if (kept?.has(part.cid) === true) holders.add(hospital);
}
