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

/** What the wait needs to know and to do. */
export interface PinWait {
  readonly cids: readonly string[];
  readonly hospitals: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly states: (cids: readonly string[]) => Promise<readonly PinState[]>;
  readonly recover: (cid: string) => Promise<void>;
  /** Asks for a part anew: any hospital can withdraw it from the shared pinset while it is waited for. */
  readonly pinAgain: (cid: string) => Promise<void>;
}

/**
 * Asks at growing intervals about the parts that still lack hospitals, has failed ones retried and withdrawn ones pinned
 * again, and returns when none is left.
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
  readonly #recovered = new Set<string>();
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
      const states = await unlessDown(this.#wait.states(open));
      for (const state of states) if (this.#isHeld(state)) this.#reached.set(state.cid, state);
      const lacking = states.filter((state) => !this.#isHeld(state));
      await Promise.all(lacking.map((state) => this.#repair(state)));
    } finally {
      this.#questions -= 1;
    }
  }

  #isHeld({ pinnedBy }: PinState): boolean {
    return pinnedBy.length >= this.#wait.hospitals;
  }

  async #repair({ cid, allocatedTo, failedAt }: PinState): Promise<void> {
    if (allocatedTo === 0) return this.#wait.pinAgain(cid);
    if (failedAt.length === 0 || this.#recovered.has(cid)) return;
    this.#recovered.add(cid);
    await this.#wait.recover(cid);
  }
}

async function unlessDown(states: Promise<readonly PinState[]>): Promise<readonly PinState[]> {
  try {
    return await states;
  } catch (error) {
    if (isVaultError(error, 'VAULT_UNAVAILABLE')) return [];
    throw error;
  }
}
