// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { PinState } from './vault.js';
import { isVaultError } from './vault-error.js';

const FIRST_PAUSE_MS = 8;
const MAX_PAUSE_MS = 400;
const GROWTH = 1.3;
/** How long one question is waited for before the next is asked beside it. */
const PATIENCE_MS = 1_000;
/** The cluster answers within 15 s whatever happens, so no more questions than these are ever open. */
const MAX_OPEN_QUESTIONS = 12;
/** A part whose entry names too few hospitals is pinned again no sooner than this after the last time. */
const PAUSE_BETWEEN_PINS_MS = 500;

/** What the wait needs to know and to do. */
export interface PinWait {
  readonly cids: readonly string[];
  readonly hospitals: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly states: (cids: readonly string[]) => Promise<readonly PinState[]>;
  readonly recover: (cid: string) => Promise<void>;
  /** Asks for a part anew: any hospital can withdraw it, or allot it to others, while it is waited for. */
  readonly pinAgain: (cid: string) => Promise<void>;
  /** Whether an entry names fewer hospitals that were well than a part would be laid at. Nothing waits for it. */
  readonly isShort: (allocations: readonly string[]) => boolean;
  /** The own hospital's name when its node itself pins the part. */
  readonly heldHere: (cid: string) => Promise<string | undefined>;
}

/**
 * Asks at growing intervals about the parts that still lack hospitals, has failed ones retried and withdrawn ones pinned
 * again, and returns when none is left. Any hospital can change the shared entry, so a copy counts by what its hospital
 * said once of the whole part and no other can take back; whether a part is pinned again follows from the entry, never from want of
 * progress, for a dead Kubo makes none either.
 * A question that a silent hospital holds up tells what was true when it was asked, so later ones are asked beside it.
 */
export async function waitPinned(wait: PinWait): Promise<readonly PinState[]> {
  const round = new Round(wait);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * GROWTH, MAX_PAUSE_MS)) {
    await round.ask();
    if (round.isDone()) return round.states();
    await wait.clock.sleep(pauseMs, wait.signal);
    if (round.isDone()) return round.states();
  }
}

class Round {
  readonly #wait: PinWait;
  readonly #reached = new Map<string, PinState>();
  readonly #confirmed = new Map<string, ReadonlySet<string>>();
  readonly #recovered = new Set<string>();
  readonly #beingPinned = new Set<string>();
  #defect: { readonly error: unknown } | undefined;
  #questions = 0;

  constructor(wait: PinWait) {
    this.#wait = wait;
  }

  isDone(): boolean {
    return this.#wait.cids.every((cid) => this.#reached.has(cid));
  }

  states(): readonly PinState[] {
    return [...this.#reached.values()];
  }

  /** Asks once more, and returns with the answer or when patience ends. */
  async ask(): Promise<void> {
    const { clock, signal } = this.#wait;
    if (this.#defect !== undefined) throw this.#defect.error;
    const answered = new AbortController();
    const patience = clock.sleep(PATIENCE_MS, AbortSignal.any([signal, answered.signal]));
    const question = this.#questions < MAX_OPEN_QUESTIONS ? this.#question() : patience;
    try {
      await Promise.race([question, patience]);
    } finally {
      answered.abort();
    }
  }

  async #question(): Promise<void> {
    this.#questions += 1;
    try {
      const open = this.#wait.cids.filter((cid) => !this.#reached.has(cid));
      const states = (await unlessDown(this.#wait.states(open), [])).map((state) => this.#counted(state));
      await Promise.all(
        states.filter(({ cid }) => !this.#reached.has(cid)).map((state) => this.#repair(state)),
      );
    } finally {
      this.#questions -= 1;
    }
  }

  /** The state with all hospitals that have ever confirmed the part. */
  #counted(state: PinState, ...more: readonly string[]): PinState {
    const { cid } = state;
    const hospitals = new Set([...(this.#confirmed.get(cid) ?? []), ...state.pinnedBy, ...more]);
    this.#confirmed.set(cid, hospitals);
    const counted = { ...state, pinnedBy: [...hospitals] };
    if (hospitals.size >= this.#wait.hospitals) this.#reached.set(cid, counted);
    return counted;
  }

  async #repair(state: PinState): Promise<void> {
    const { cid, allocations, failedAt, isWhole } = state;
    if (!isWhole || this.#wait.isShort(allocations)) this.#restore(state);
    if (allocations.length === 0 || failedAt.length === 0 || this.#recovered.has(cid)) return;
    this.#recovered.add(cid);
    await this.#wait.recover(cid);
  }

  /** Mends an entry that others changed, beside the questions: none of them waits for it. */
  #restore(state: PinState): void {
    const { cid } = state;
    if (this.#beingPinned.has(cid)) return;
    this.#beingPinned.add(cid);
    this.#restored(state)
      .catch((error: unknown) => {
        this.#defect = { error };
      })
      .finally(() => this.#beingPinned.delete(cid));
  }

  async #restored(state: PinState): Promise<void> {
    const { clock, signal, pinAgain } = this.#wait;
    // An entry of a kind that no other hospital can change refuses; who confirms the part all the same counts.
    await Promise.all([this.#countOwn(state), unlessRefused(pinAgain(state.cid), undefined)]);
    if (state.allocations.length > 0) await clock.sleep(PAUSE_BETWEEN_PINS_MS, signal).catch(() => undefined);
  }

  /** The own copy counts though the entry leaves the own hospital out. */
  async #countOwn(state: PinState): Promise<void> {
    const own = await unlessRefused(this.#wait.heldHere(state.cid), undefined);
    if (own !== undefined) this.#counted(state, own);
  }
}

async function unlessDown<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isVaultError(error, 'VAULT_UNAVAILABLE')) return otherwise;
    throw error;
  }
}

async function unlessRefused<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isVaultError(error)) return otherwise;
    throw error;
  }
}
