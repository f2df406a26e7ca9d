// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Custodian } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Finality } from '../freshness/finality.js';
import type { Journal } from '../journal/journal.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { Peer, PeerClient } from '../peers/peer-client.js';
import type { HoldKind } from './hold-kind.js';
import type { Hold, HoldStore } from './hold-store.js';
import { HospitalQueues } from './hospital-queues.js';
import { KeyIndex } from './key-index.js';
import { OverHolds } from './over-holds.js';

/** After so long without a commit, in milliseconds, the statement counts as censored. */
export const CENSORSHIP_ALARM_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Between two tries once the alarm was raised: the hold is in force, and trying sooner only costs everybody. */
const LONGEST_PAUSE_AFTER_ALARM_MS = 4 * 3_600_000;
/**
 * How many holds of one hospital may wait for the ledger, and how many that are over may wait until that is final. More of
 * that hospital are refused, of no other, even if orderers keep its statements from the ledger or a custodian shows no
 * head. No hold that was acknowledged is given up for another.
 */
const MAX_PER_HOSPITAL = 10_000;
/** Head start of who got a hold from outside, so that not every custodian writes the same transaction. */
const FORWARDED_PAUSE_MS = 3_000;

/** What keeping holds needs besides their kind and store. */
export type KeeperParts = Readonly<{
  ledger: Pick<Ledger, 'submit'>;
  chain: Pick<Chain, 'onBlock'>;
  clock: Clock;
  log: Log;
  journal: Pick<Journal, 'append'>;
  client: PeerClient;
  others: () => readonly Pick<Custodian, 'mspId' | 'url'>[];
  finality: Pick<Finality, 'seenHeight' | 'isFinal' | 'changes'>;
  /** Holds of one hospital that may wait for the ledger, and for finality, where not the usual number. */
  maxPerHospital?: number;
}>;

/** The work on one hold, until it ends or another takes its place. */
type Effort<S> = {
  readonly hold: Hold<S>;
  readonly sentTo: Set<string>;
  pauseMs: number;
  timer: NodeJS.Timeout | undefined;
};

/**
 * Holds of one kind: in force at once, sent to all other custodians, and submitted by each that has them. A hold that
 * the own peer shows on the ledger stays in force until that block is final.
 */
export class HoldKeeper<S extends object> {
  readonly #kind: HoldKind<S>;
  readonly #store: HoldStore<S>;
  readonly #parts: KeeperParts;
  readonly #efforts = new Map<string, Effort<S>>();
  /** The keys of what is worked on, by what an entry of the ledger touches. */
  readonly #named = new KeyIndex();
  readonly #over = new OverHolds<S>();
  #isEnding = false;
  /** Holds of before the start about which the own peer has not been asked. */
  readonly #unasked = new Set<Hold<S>>();
  readonly #queues = new HospitalQueues();
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
    const stopFinality = this.#parts.finality.changes(() => {
      void this.#endDue();
    });
    signal.addEventListener(
      'abort',
      () => {
        this.#stopped = true;
        stop();
        stopFinality();
        this.#queues.stop();
        for (const { timer } of this.#efforts.values()) clearTimeout(timer);
      },
      { once: true },
    );
    for (const hold of this.#store.all()) {
      this.#unasked.add(hold);
      this.#workOn(this.#begin(hold), 0);
    }
  }

  /** Puts a hold in force; when this returns it is on the disk and in the journal. Throws RATE_LIMITED. */
  async accept(signed: S, from: 'outside' | 'custodian'): Promise<void> {
    const { clock } = this.#parts;
    const key = this.#kind.keyOf(signed);
    if (await this.#isInForce(signed)) return this.#store.settled(key);
    if ((await this.#kind.verify(signed, clock())) === 'committed') return;
    const hospital = await this.#kind.hospitalOf(signed);
    // The same hold may have come by another way meanwhile: it is answered when that one is on the disk.
    if (this.#isCovered(signed)) return this.#store.settled(key);
    this.#requireRoom(hospital, key);
    const hold: Hold<S> = { v: 1, since: this.find(key)?.since ?? clock(), hospital, signed };
    const effort = this.#begin(hold);
    await this.#store.keep(hold);
    await this.#note(signed, 'hold');
    void this.#forward(effort);
    this.#workOn(effort, from === 'outside' ? 0 : FORWARDED_PAUSE_MS);
  }

  /** The hold in force under a key. */
  find(key: string): Hold<S> | undefined {
    const hold = this.#store.find(key);
    return hold === undefined || this.#hasLapsed(hold) ? undefined : hold;
  }

  /** The holds in force on a subject. */
  on(subject: string): readonly Hold<S>[] {
    return this.#store.onSince(subject).filter((hold) => !this.#hasLapsed(hold));
  }

  /** Begins to watch: as {@link on}, with whatever is in force at any time from now on. */
  watch(): (subject: string) => readonly Hold<S>[] {
    const { moment } = this.#store;
    return (subject) => this.#store.onSince(subject, moment).filter((hold) => !this.#hasLapsed(hold));
  }

  /** All holds in force. */
  all(): readonly Hold<S>[] {
    return this.#store.all().filter((hold) => !this.#hasLapsed(hold));
  }

  /** Whether a hold is over by the own peer's answer: it has ended, or ends when that height is final. */
  isOver(hold: Hold<S>): boolean {
    const key = this.#kind.keyOf(hold.signed);
    return this.#over.find(key) === hold || this.#store.find(key) !== hold;
  }

  /**
   * As {@link isOver}; of a hold of before the start the own peer is asked now, since its turn may come much later. One
   * about which the peer does not answer is not over.
   */
  async isOverByNow(hold: Hold<S>): Promise<boolean> {
    if (this.#unasked.has(hold)) await this.#endIfOver(hold);
    return this.isOver(hold);
  }

  /** The holds in force that the ledger does not have yet. */
  waiting(): readonly Hold<S>[] {
    return this.all().filter((hold) => !this.isOver(hold));
  }

  /** Whether the very hold is in force, or one in whose place it does not come and that still holds something. */
  async #isInForce(signed: S): Promise<boolean> {
    const standing = this.find(this.#kind.keyOf(signed));
    if (standing === undefined || !this.#isCovered(signed)) return false;
    const { requestHash } = this.#kind.facts(signed);
    if (this.#kind.facts(standing.signed).requestHash === requestHash) return true;
    if (!(await this.#kind.isOver(standing.signed, this.#parts.clock()))) return true;
    await this.#endWhenFinal(standing);
    return false;
  }

  #requireRoom(hospital: string, key: string): void {
    if (this.#store.find(key) !== undefined) return;
    const { maxPerHospital = MAX_PER_HOSPITAL } = this.#parts;
    const over = this.#over.countOf(hospital);
    if (this.#store.countOf(hospital) - over >= maxPerHospital)
      throw new DomainError('RATE_LIMITED', 'too many holds of this hospital wait for the ledger');
    if (over >= maxPerHospital)
      throw new DomainError('RATE_LIMITED', 'too many holds of this hospital wait until their end is final');
  }

  #isCovered(signed: S): boolean {
    const standing = this.find(this.#kind.keyOf(signed));
    return (
      standing !== undefined && !this.isOver(standing) && !this.#kind.supersedes(signed, standing.signed)
    );
  }

  #hasLapsed({ signed }: Hold<S>): boolean {
    return this.#kind.lapsesAt(signed) <= this.#parts.clock();
  }

  /** Forwards a hold to the custodians that have not taken it yet; those that cannot be reached are tried again. */
  async #forward({ hold: { signed }, sentTo }: Effort<S>): Promise<void> {
    const { client, others, log } = this.#parts;
    const send = async (other: Peer): Promise<void> => {
      try {
        await client.post(other, '/v1/holds', signed, { 'tutela-forwarded': '1' });
        sentTo.add(other.mspId);
      } catch (error) {
        log.warn({ code: failureCode(error), to: other.mspId }, 'a hold could not be forwarded');
      }
    };
    await Promise.all(
      others()
        .filter(({ mspId }) => !sentTo.has(mspId))
        .map(send),
    );
  }

  /** Work from the beginning: a hold that takes another's place is sent to all custodians, also to those that have the other. */
  #begin(hold: Hold<S>): Effort<S> {
    const key = this.#kind.keyOf(hold.signed);
    this.#forget(key);
    const effort: Effort<S> = { hold, sentTo: new Set(), pauseMs: FIRST_PAUSE_MS, timer: undefined };
    this.#efforts.set(key, effort);
    this.#named.add(this.#kind.nameOf(hold.signed), key);
    return effort;
  }

  #workOn(effort: Effort<S>, afterMs: number): void {
    if (this.#stopped || !this.#isUnderWay(effort)) return;
    clearTimeout(effort.timer);
    effort.timer = setTimeout(() => {
      this.#queues.add(effort.hold.hospital, effort, () => this.#submit(effort));
    }, afterMs);
  }

  async #submit(effort: Effort<S>): Promise<void> {
    const { hold } = effort;
    if (this.#stopped || !this.#isUnderWay(effort)) return;
    try {
      if (this.#hasLapsed(hold)) {
        await this.#lapse(hold);
        return;
      }
      // A question costs the own peer alone, and a transaction everybody.
      if (await this.isOverByNow(hold)) return;
      await this.#parts.ledger.submit(this.#kind.transaction, hold.signed);
      await this.#endWhenFinal(hold);
    } catch (error) {
      await this.#failed(effort, error);
    }
  }

  async #failed(effort: Effort<S>, error: unknown): Promise<void> {
    const { hold } = effort;
    try {
      if (await this.#isOverNow(hold)) {
        await this.#endWhenFinal(hold);
        return;
      }
    } catch (unanswered) {
      this.#parts.log.warn({ code: failureCode(unanswered) }, 'a hold could not be ended yet');
    }
    if (!this.#isUnderWay(effort)) return;
    this.#complain(hold, error);
    this.#tryAgain(effort);
  }

  #isUnderWay(effort: Effort<S>): boolean {
    const key = this.#kind.keyOf(effort.hold.signed);
    return this.#efforts.get(key) === effort && this.#store.find(key) === effort.hold;
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

  #tryAgain(effort: Effort<S>): void {
    const { pauseMs, hold } = effort;
    effort.pauseMs = nextPauseMs(pauseMs, this.#parts.clock() - hold.since);
    void this.#forward(effort);
    this.#workOn(effort, pauseMs);
  }

  /** Whether nothing is left to hold, as the ledger shows. */
  #isOverNow({ signed }: Hold<S>): Promise<boolean> {
    return this.#kind.isOver(signed, this.#parts.clock());
  }

  #see(block: Block): void {
    for (const entry of entriesOf(block)) {
      const name = this.#kind.touchedBy(entry);
      if (name === undefined) continue;
      for (const key of this.#named.of(name)) {
        const hold = this.#efforts.get(key)?.hold;
        if (hold !== undefined && this.#kind.concerns(entry, hold.signed))
          this.#queues.add(hold.hospital, hold, () => this.#endIfOver(hold));
      }
    }
  }

  async #endIfOver(hold: Hold<S>): Promise<void> {
    try {
      const isOver = await this.#isOverNow(hold);
      this.#unasked.delete(hold);
      if (isOver) await this.#endWhenFinal(hold);
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

  /** A hold is over by the own peer's answer: work on it stops, and it ends when that height is final. */
  async #endWhenFinal(hold: Hold<S>): Promise<void> {
    const key = this.#kind.keyOf(hold.signed);
    const height = await this.#parts.finality.seenHeight();
    if (this.#store.find(key) !== hold || this.isOver(hold)) return;
    this.#forget(key);
    this.#over.add(key, { hold, height, lapsesAt: this.#kind.lapsesAt(hold.signed) });
    if (this.#parts.finality.isFinal(height)) await this.#end(hold);
  }

  /** Ends what is over and may end, the oldest first and one at a time. */
  async #endDue(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (let next = this.#takeDue(); next !== undefined; next = this.#takeDue())
      try {
        await this.#end(next);
      } catch (error) {
        this.#parts.log.warn({ code: failureCode(error) }, 'a hold could not be ended yet');
      }
    this.#isEnding = false;
  }

  #takeDue(): Hold<S> | undefined {
    const { finality, clock } = this.#parts;
    return this.#stopped ? undefined : this.#over.take((height) => finality.isFinal(height), clock());
  }

  /** Ends all work on what is held under a key. */
  #forget(key: string): void {
    const effort = this.#efforts.get(key);
    if (effort !== undefined) {
      clearTimeout(effort.timer);
      this.#efforts.delete(key);
      this.#named.remove(this.#kind.nameOf(effort.hold.signed), key);
    }
    this.#over.remove(key);
  }

  async #end(hold: Hold<S>): Promise<void> {
    const key = this.#kind.keyOf(hold.signed);
    if (this.#store.find(key) !== hold) return;
    this.#forget(key);
    this.#unasked.delete(hold);
    await this.#store.end(hold);
    await this.#note(hold.signed, 'hold-ended');
  }

  async #note(signed: S, kind: 'hold' | 'hold-ended'): Promise<void> {
    await this.#parts.journal.append([{ kind, decision: 'deny', ...this.#kind.facts(signed) }]);
  }
}

/** The pause after a pause, for a hold that has been waiting for the ledger so long. */
export function nextPauseMs(pauseMs: number, waitingMs: number): number {
  const isOverdue = waitingMs >= CENSORSHIP_ALARM_MS;
  return Math.min(pauseMs * 2, isOverdue ? LONGEST_PAUSE_AFTER_ALARM_MS : LONGEST_PAUSE_MS);
}
