// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Custodian } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Journal } from '../journal/journal.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';
import type { HoldKind } from './hold-kind.js';
import type { Hold, HoldStore } from './hold-store.js';

/** After so long without a commit somebody keeps the statement from the ledger, in milliseconds. */
export const CENSORSHIP_ALARM_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Head start of who got a hold from outside, so that not every custodian writes the same transaction. */
const FORWARDED_PAUSE_MS = 3_000;

/** What keeping holds needs besides their kind and store. */
export type KeeperParts = Readonly<{
  ledger: Ledger;
  chain: Chain;
  clock: Clock;
  log: Log;
  journal: Journal;
  client: PeerClient;
  others: () => readonly Custodian[];
}>;

type Effort = { pauseMs: number; timer: NodeJS.Timeout; readonly told: Set<string> };

/** Holds of one kind: in force at once, told to all others, and brought to the ledger by whoever holds them. */
export class HoldKeeper<S extends object> {
  readonly #kind: HoldKind<S>;
  readonly #store: HoldStore<S>;
  readonly #parts: KeeperParts;
  readonly #efforts = new Map<string, Effort>();
  #stopped = false;

  constructor(kind: HoldKind<S>, store: HoldStore<S>, parts: KeeperParts) {
    this.#kind = kind;
    this.#store = store;
    this.#parts = parts;
  }

  /** Takes up the holds of before and works on them until the signal. */
  start(signal: AbortSignal): void {
    const stop = this.#parts.chain.onBlock((block) => {
      this.#see(block);
    });
    signal.addEventListener(
      'abort',
      () => {
        this.#stopped = true;
        stop();
        for (const { timer } of this.#efforts.values()) clearTimeout(timer);
      },
      { once: true },
    );
    for (const hold of this.#store.all()) this.#workOn(hold, 0);
  }

  /** Puts a hold in force; when this returns it is on the disk and in the journal. */
  async accept(signed: S, from: 'outside' | 'custodian'): Promise<void> {
    const { clock } = this.#parts;
    const key = this.#kind.keyOf(signed);
    if (this.#isCovered(signed)) return this.#store.settled(key);
    if ((await this.#kind.verify(signed, clock())) === 'committed') return;
    // The same hold may have come by another way meanwhile: it is answered when that one is on the disk.
    if (this.#isCovered(signed)) return this.#store.settled(key);
    const hold: Hold<S> = { v: 1, since: clock(), signed };
    await this.#store.keep(hold);
    await this.#note(signed, 'hold');
    void this.#tell(hold);
    this.#workOn(hold, from === 'outside' ? 0 : FORWARDED_PAUSE_MS);
  }

  /** The hold in force under a key. */
  find(key: string): Hold<S> | undefined {
    const hold = this.#store.find(key);
    return hold === undefined || this.#hasLapsed(hold) ? undefined : hold;
  }

  /** Begins to watch: finds what is in force now, and whatever is at any time from now on. */
  watch(): (key: string) => Hold<S> | undefined {
    const { moment } = this.#store;
    return (key) => {
      const hold = this.#store.findSince(key, moment);
      return hold === undefined || this.#hasLapsed(hold) ? undefined : hold;
    };
  }

  /** As {@link watch}, for all keys. */
  watchAll(): () => readonly Hold<S>[] {
    const { moment } = this.#store;
    return () => this.#store.allSince(moment).filter((hold) => !this.#hasLapsed(hold));
  }

  /** All holds in force. */
  all(): readonly Hold<S>[] {
    return this.#store.all().filter((hold) => !this.#hasLapsed(hold));
  }

  #isCovered(signed: S): boolean {
    const standing = this.find(this.#kind.keyOf(signed));
    return standing !== undefined && !this.#kind.supersedes(signed, standing.signed);
  }

  #hasLapsed({ signed }: Hold<S>): boolean {
    return this.#kind.lapsesAt(signed) <= this.#parts.clock();
  }

  /** Forwards a hold to the custodians that have not taken it yet; those that cannot be reached are tried again. */
  async #tell({ signed }: Hold<S>): Promise<void> {
    const { client, others, log } = this.#parts;
    const told = this.#effort(this.#kind.keyOf(signed)).told;
    const send = async ({ url, mspId }: Custodian): Promise<void> => {
      try {
        await client.post(`${url}/v1/holds`, signed, { 'tutela-forwarded': '1' });
        told.add(mspId);
      } catch (error) {
        log.warn({ code: failureCode(error), to: mspId }, 'a hold could not be forwarded');
      }
    };
    await Promise.all(
      others()
        .filter(({ mspId }) => !told.has(mspId))
        .map(send),
    );
  }

  #effort(key: string): Effort {
    const known = this.#efforts.get(key);
    if (known !== undefined) return known;
    const effort = {
      pauseMs: FIRST_PAUSE_MS,
      timer: setTimeout(() => undefined, 0),
      told: new Set<string>(),
    };
    this.#efforts.set(key, effort);
    return effort;
  }

  #workOn(hold: Hold<S>, afterMs: number): void {
    if (this.#stopped) return;
    const effort = this.#effort(this.#kind.keyOf(hold.signed));
    clearTimeout(effort.timer);
    effort.timer = setTimeout(() => {
      void this.#submit(hold);
    }, afterMs);
  }

  async #submit(hold: Hold<S>): Promise<void> {
    const { ledger } = this.#parts;
    if (this.#store.find(this.#kind.keyOf(hold.signed)) !== hold || this.#stopped) return;
    if (this.#hasLapsed(hold)) return this.#lapse(hold);
    try {
      await ledger.submit(this.#kind.transaction, hold.signed);
      await this.#end(hold);
    } catch (error) {
      if (await this.#isSettled(hold)) return this.#end(hold);
      this.#complain(hold, error);
      this.#tryAgain(hold);
    }
  }

  #complain({ signed, since }: Hold<S>, error: unknown): void {
    const { log, clock } = this.#parts;
    const waitingMs = clock() - since;
    const facts = { hold: this.#kind.keyOf(signed), waitingMs };
    log.warn({ ...facts, code: failureCode(error) }, `a held ${this.#kind.name} is not on the ledger yet`);
    if (waitingMs >= CENSORSHIP_ALARM_MS)
      log.error(
        { ...facts, alarm: 'CENSORSHIP' },
        `a ${this.#kind.name} has been kept from the ledger for a day`,
      );
  }

  #tryAgain(hold: Hold<S>): void {
    const effort = this.#effort(this.#kind.keyOf(hold.signed));
    const { pauseMs } = effort;
    effort.pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    void this.#tell(hold);
    this.#workOn(hold, pauseMs);
  }

  /** Whether the ledger has the last word on what was held. */
  async #isSettled({ signed }: Hold<S>): Promise<boolean> {
    try {
      return (await this.#kind.verify(signed, this.#parts.clock())) === 'committed';
    } catch (error) {
      if (error instanceof DomainError) return error.code === 'STATEMENT_REPLAYED';
      throw error;
    }
  }

  #see(block: Block): void {
    const entries = entriesOf(block);
    for (const hold of this.#store.all())
      if (entries.some((entry) => this.#kind.concerns(entry, hold.signed))) void this.#endIfSettled(hold);
  }

  async #endIfSettled(hold: Hold<S>): Promise<void> {
    try {
      if (await this.#isSettled(hold)) await this.#end(hold);
    } catch (error) {
      this.#parts.log.warn({ code: failureCode(error) }, 'a hold could not be ended yet');
    }
  }

  async #lapse(hold: Hold<S>): Promise<void> {
    const facts = { alarm: 'CENSORSHIP', hold: this.#kind.keyOf(hold.signed) };
    this.#parts.log.error(
      facts,
      `a ${this.#kind.name} was kept from the ledger for a day and counts no more`,
    );
    await this.#end(hold);
  }

  async #end(hold: Hold<S>): Promise<void> {
    const key = this.#kind.keyOf(hold.signed);
    if (this.#store.find(key) !== hold) return;
    clearTimeout(this.#efforts.get(key)?.timer);
    this.#efforts.delete(key);
    await this.#store.end(hold);
    await this.#note(hold.signed, 'hold-ended');
  }

  async #note(signed: S, kind: 'hold' | 'hold-ended'): Promise<void> {
    await this.#parts.journal.append([{ kind, decision: 'deny', ...this.#kind.facts(signed) }]);
  }
}
