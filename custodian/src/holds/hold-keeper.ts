// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Finality } from '../freshness/finality.js';
import type { Journal } from '../journal/journal.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, Ledger } from '../ledger/ledger.js';
import { failureCode } from '../log.js';
import type { Committed, HoldKind } from './hold-kind.js';
import { HoldLines } from './hold-lines.js';
import type { Hold, HoldStore } from './hold-store.js';
import { HospitalQueues } from './hospital-queues.js';
import { KeyIndex } from './key-index.js';
import { NewestSender, type SenderParts } from './newest-sender.js';
import { OverHolds } from './over-holds.js';
import { CENSORSHIP_ALARM_MS, FIRST_PAUSE_MS, nextPauseMs } from './pauses.js';

/**
 * How many holds of one hospital may wait for the ledger, and how many that are over may wait until that is final. More of
 * that hospital are refused, of no other, even if orderers keep its statements from the ledger or a custodian shows no
 * head. No hold that was acknowledged is given up for another.
 */
const MAX_PER_HOSPITAL = 10_000;
/** Head start of who got a hold from outside, so that not every custodian writes the same transaction. */
const FORWARDED_PAUSE_MS = 3_000;

/** What keeping holds needs besides their kind and store. */
export type KeeperParts = SenderParts &
  Readonly<{
    ledger: Pick<Ledger, 'submit'>;
    chain: Pick<Chain, 'onBlock'>;
    clock: Clock;
    journal: Pick<Journal, 'append'>;
    finality: Pick<Finality, 'seenHeight' | 'isFinal' | 'hasFinal' | 'changes'>;
    /** Holds of one hospital that may wait for the ledger, and for finality, where not the usual number. */
    maxPerHospital?: number;
  }>;

/** The work on what is held under a key, until that is over; one that takes another's place is worked on in its turn. */
type Effort<S extends object> = {
  hold: Hold<S>;
  readonly sender: NewestSender<S>;
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
  readonly #lines: HoldLines;
  #isEnding = false;
  /** Holds of before the start about which the own peer has not been asked. */
  readonly #unasked = new Set<Hold<S>>();
  readonly #queues = new HospitalQueues();
  #stopped = false;

  constructor(kind: HoldKind<S>, store: HoldStore<S>, parts: KeeperParts) {
    this.#kind = kind;
    this.#store = store;
    this.#parts = parts;
    this.#lines = new HoldLines(parts);
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
      this.#lines.resume(this.#kind.keyOf(hold.signed));
      this.#workOn(this.#begin(hold), 0);
    }
  }

  /** Puts a hold in force; when this returns it is on the disk, and its line in the journal. Throws RATE_LIMITED. */
  async accept(signed: S, from: 'outside' | 'custodian'): Promise<void> {
    const { clock } = this.#parts;
    const key = this.#kind.keyOf(signed);
    if (await this.#isInForce(signed)) return this.#settle(key, from);
    const verified = await this.#kind.verify(signed, clock());
    const height = verified === 'open' ? undefined : await this.#unsettledAt(signed, verified);
    if (verified !== 'open' && height === undefined) return this.#settle(key, from);
    const hospital = await this.#kind.hospitalOf(signed);
    // The same hold may have come by another way meanwhile: it is answered when that one is on the disk.
    if (this.#isCovered(signed)) return this.#settle(key, from);
    this.#requireRoom(hospital, key);
    const standing = this.find(key);
    const hold: Hold<S> = { v: 1, since: standing?.since ?? clock(), hospital, signed };
    const effort = this.#begin(hold);
    // Of those that are over as they come the first alone is sent: newer ones can be signed without end.
    if (height === undefined || standing === undefined) effort.sender.take(hold);
    this.#lines.add(key, this.#kind.facts(signed));
    if (height !== undefined) this.#setOver(hold, height);
    await this.#store.keep(hold);
    await this.#settle(key, from, effort);
  }

  /**
   * The height at which the own peer is, where it shows what a hold asks for and the consortium may not have that: what
   * the own peer alone says ends no duty. Undefined where nothing is to be kept, as what is in force holds the same until
   * then.
   */
  async #unsettledAt(signed: S, { by }: Committed): Promise<number | undefined> {
    const { finality } = this.#parts;
    const standing = this.find(this.#kind.keyOf(signed));
    if (standing !== undefined && !this.#kind.supersedes(signed, standing.signed)) return undefined;
    if (by !== undefined && (await finality.hasFinal(by))) return undefined;
    const height = await finality.seenHeight();
    return by === undefined && finality.isFinal(height) ? undefined : height;
  }

  /** Does what is left to do for what is in force under a key: all of it, where the disk refused it before. */
  async #settle(
    key: string,
    from: 'outside' | 'custodian',
    effort: Effort<S> | undefined = this.#efforts.get(key),
  ): Promise<void> {
    await this.#store.settled(key);
    await this.#lines.settled(key);
    if (effort === undefined) return;
    effort.sender.sendNew();
    if (effort.timer === undefined) this.#workOn(effort, from === 'outside' ? 0 : FORWARDED_PAUSE_MS);
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

  /** Work on a hold: from the beginning, or from where the work on the one has come to whose place it takes. */
  #begin(hold: Hold<S>): Effort<S> {
    const key = this.#kind.keyOf(hold.signed);
    const standing = this.#efforts.get(key);
    if (standing !== undefined) return Object.assign(standing, { hold });
    this.#over.remove(key);
    const sender = new NewestSender(this.#parts, this.#queues, hold);
    const effort: Effort<S> = { hold, sender, pauseMs: FIRST_PAUSE_MS, timer: undefined };
    this.#efforts.set(key, effort);
    this.#named.add(this.#kind.nameOf(hold.signed), key);
    return effort;
  }

  #workOn(effort: Effort<S>, afterMs: number): void {
    if (this.#stopped || !this.#isUnderWay(effort)) return;
    clearTimeout(effort.timer);
    effort.timer = setTimeout(() => {
      this.#queues.add([effort.hold.hospital], effort, () => this.#submit(effort));
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
      if (!(await this.isOverByNow(hold))) {
        await this.#parts.ledger.submit(this.#kind.transaction, hold.signed);
        await this.#endWhenFinal(hold);
      }
      // A newer one has taken its place meanwhile.
      if (this.#isUnderWay(effort)) this.#tryAgain(effort);
    } catch (error) {
      await this.#failed(effort, error);
    }
  }

  async #failed(effort: Effort<S>, error: unknown): Promise<void> {
    const { hold } = effort;
    try {
      if (await this.#isOverNow(hold)) await this.#endWhenFinal(hold);
    } catch (unanswered) {
      this.#parts.log.warn({ code: failureCode(unanswered) }, 'a hold could not be ended yet');
    }
    if (!this.#isUnderWay(effort)) return;
    this.#complain(effort.hold, error);
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
    effort.sender.send();
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
          this.#queues.add([hold.hospital], hold, () => this.#endIfOver(hold));
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
    if (this.isOver(hold)) return;
    this.#lines.beginAnew(key);
    this.#setOver(hold, height);
    if (this.#parts.finality.isFinal(height)) await this.#end(hold);
  }

  #setOver(hold: Hold<S>, height: number): void {
    const key = this.#kind.keyOf(hold.signed);
    this.#forget(key);
    this.#over.add(key, { hold, height, lapsesAt: this.#kind.lapsesAt(hold.signed) });
  }

  /** Ends what is over and may end, the oldest first and one at a time; what could not be has its next turn later. */
  async #endDue(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const failed: Hold<S>[] = [];
    for (let next = this.#takeDue(); next !== undefined; next = this.#takeDue())
      try {
        await this.#endUnlessReplaced(next);
      } catch (error) {
        failed.push(next);
        this.#parts.log.warn({ code: failureCode(error) }, 'a hold could not be ended yet');
      }
    for (const hold of failed) this.#over.putBack(this.#kind.keyOf(hold.signed), hold);
    this.#isEnding = false;
  }

  /** The own peer may have another chain since it said that a hold is over: then the hold is worked on again. */
  async #endUnlessReplaced(hold: Hold<S>): Promise<void> {
    const key = this.#kind.keyOf(hold.signed);
    if (this.#hasLapsed(hold) || (await this.#isOverNow(hold))) await this.#end(hold);
    else if (this.#over.find(key) === hold) this.#workOn(this.#begin(hold), 0);
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
    await Promise.all([this.#store.end(hold), this.#lines.end(key, this.#kind.facts(hold.signed))]);
  }
}
