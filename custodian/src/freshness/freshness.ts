// SPDX-License-Identifier: Apache-2.0
import { DomainError, instantOf, PERIOD_MS, type Custodian, type Instant } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, OrdererRoots } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { Equivocations } from './equivocations.js';
import type { ForeignBlocks } from './foreign-blocks.js';
import type { ForkAlarm } from './fork-alarm.js';
import { ForkJudge } from './fork-judge.js';
import type { SignedHead } from './head.js';
import { Heartbeats } from './heartbeats.js';
import { OtherHeads } from './other-heads.js';
import { signedBlockOf } from './signed-block.js';
import { Signal, waitUntil, type Changes } from './wait-until.js';

/** The custodians that count: the other members of the active set, and how many of all must agree. */
export type Quorum = Readonly<{ others: readonly string[]; threshold: number }>;

/** What freshness is judged with; `maxAgeMs` is the age Δ of the last sign of life. */
export type FreshnessParts = Readonly<{
  mspId: string;
  chain: Chain;
  clock: Clock;
  log: Log;
  maxAgeMs: number;
  patienceMs: number;
  alarm: ForkAlarm;
  equivocations: Equivocations;
  foreignBlocks: ForeignBlocks;
  /** Whether the consortium has a block of the own chain. */
  isFinal: (height: number) => boolean;
  quorum: () => Quorum;
  askForHeartbeat: () => void;
  ordererRoots: () => Promise<readonly OrdererRoots[]>;
}>;

/** How long the authorities of the orderers are not read again, in milliseconds. */
const ROOTS_FRESH_MS = 60_000;

/** Whether the own peer's view of the ledger is the one that the others see, now. */
export class Freshness {
  readonly #parts: FreshnessParts;
  readonly #heads: OtherHeads;
  readonly #heartbeats: Heartbeats;
  readonly #judge: ForkJudge;
  readonly #ordererRoots: () => Promise<readonly OrdererRoots[]>;
  readonly #signal = new Signal();
  /** The newest block of the own chain that an orderer of the own hospital is known to have signed. */
  #signedByOwn = -1;
  /** Whether the others were asked for a heartbeat that has not come. */
  #isHeartbeatAwaited = false;

  constructor(parts: FreshnessParts) {
    this.#parts = parts;
    this.#heads = new OtherHeads(parts);
    this.#heartbeats = new Heartbeats(parts);
    this.#ordererRoots = remembered(parts.ordererRoots, { clock: parts.clock, forMs: ROOTS_FRESH_MS });
    this.#judge = new ForkJudge({
      ...parts,
      ordererRoots: this.#ordererRoots,
      agreedBy: (mspId) => this.#heads.agreedBy(mspId),
    });
    parts.chain.onBlock((block) => {
      this.#see(block);
    });
  }

  /** Takes a head that another custodian sent. */
  async accept(signed: SignedHead, sender: Custodian): Promise<void> {
    const conflict = this.#heads.accept(signed, sender);
    if (conflict === undefined) await this.#judge.recordEquivocations();
    else await this.#judge.judge(conflict);
    this.#signal.notify();
  }

  /** Ends the stop and deletes the convicted orderers, by the operator's decision. */
  async clearFork(): Promise<void> {
    await this.#judge.clear();
    this.#signal.notify();
  }

  /** Undefined while fresh, else why not. */
  problem(): DomainError | undefined {
    const { alarm, chain } = this.#parts;
    if (alarm.evidence !== undefined)
      return new DomainError(
        'PEER_FORKED',
        'the own chain is contradicted by as many as open a record, or by the own orderer; an operator must decide',
      );
    if (chain.head === undefined) return new DomainError('PEER_STALE', 'the own peer has shown no block yet');
    if (!this.#agreeAt(0))
      return new DomainError('PEER_STALE', 'too few other custodians confirm the own chain');
    if (this.#needsHeartbeat())
      return new DomainError('PEER_STALE', 'no heartbeat of another hospital reached the own peer');
    return undefined;
  }

  /** Check 1: throws PEER_FORKED or PEER_STALE, after asking another hospital for a heartbeat if that is missing. */
  async requireFresh(): Promise<void> {
    if (this.problem() === undefined) return;
    if (this.#parts.alarm.evidence === undefined && this.#needsHeartbeat()) this.#askForHeartbeat();
    await waitUntil(
      () => [undefined, 'PEER_FORKED'].includes(this.problem()?.code),
      this.#signal.changes,
      this.#parts.patienceMs,
    );
    const problem = this.problem();
    if (problem !== undefined) throw problem;
  }

  /**
   * Whether the ledger stalls: t−1 others see the own chain, and still no hospital's heartbeat comes, asked for or
   * not. Throws PEER_FORKED, or PEER_STALE where it is the own peer that is behind.
   */
  isStalled(): boolean {
    const problem = this.problem();
    if (problem === undefined) return false;
    if (problem.code === 'PEER_FORKED' || !this.#agreeAt(0) || this.#parts.chain.head === undefined)
      throw problem;
    return true;
  }

  /** As {@link isStalled}, after asking the others for a heartbeat: silence of an idle ledger is no stall. */
  async isStalledFor(patienceMs: number): Promise<boolean> {
    if (!this.isStalled()) return false;
    this.#askForHeartbeat();
    await waitUntil(() => this.problem() === undefined, this.#signal.changes, patienceMs);
    return this.isStalled();
  }

  /**
   * Whether the ledger is only quiet, so that nothing keeps the next release from being given: t−1 others see the own
   * chain, no heartbeat is missing that was asked for, and the last one is not older than two periods, since an idle
   * ledger has one in each. That release asks for one first.
   */
  get isIdle(): boolean {
    const { alarm, chain } = this.#parts;
    const isOneChain = alarm.evidence === undefined && chain.head !== undefined && this.#agreeAt(0);
    const isPeriodKept = this.#parts.clock() - this.newestHeartbeatAt < 2 * PERIOD_MS;
    return isOneChain && isPeriodKept && this.#needsHeartbeat() && !this.#isHeartbeatAwaited;
  }

  /**
   * Second half of check 2: an orderer of the own hospital signed the block and t−1 others see it, or it is final;
   * throws PEER_STALE when that does not come about in time. All t−1 others may lie, so without the own orderer their
   * heads are not enough.
   */
  async requireConfirmed(height: number): Promise<void> {
    const { isFinal } = this.#parts;
    const roots = await this.#ordererRoots();
    const confirmed = await waitUntil(
      () => isFinal(height) || (this.#agreeAt(height) && this.#isSignedByOwnOrderer(height, roots)),
      this.#signal.changes,
      this.#parts.patienceMs,
    );
    const problem = this.problem();
    if (problem?.code === 'PEER_FORKED') throw problem;
    if (!confirmed)
      throw new DomainError('PEER_STALE', 'too few other custodians confirm the block of this intent');
  }

  /**
   * What time it is at the other custodians: the lower median of what they last said, in heartbeats and heads, or
   * undefined. It is only ever used to close a window earlier, so a clock that is ahead must not decide: fewer than can
   * stop releases by silence cannot move it beyond an honest clock.
   */
  othersTime(): Instant | undefined {
    const { others } = this.#parts.quorum();
    const times = others
      .map((mspId) => Math.max(this.#heartbeats.latestOf(mspId), this.#heads.claimedBy(mspId)))
      .filter((at) => at > 0)
      .sort((a, b) => a - b);
    const median = times[Math.floor((times.length - 1) / 2)];
    return median === undefined ? undefined : instantOf(median);
  }

  /** When the own newest heartbeat was written, in milliseconds. */
  get ownHeartbeatAt(): number {
    return this.#heartbeats.latestOf(this.#parts.mspId);
  }

  /** When the newest heartbeat of any custodian came, in milliseconds. */
  get newestHeartbeatAt(): number {
    return this.#heartbeats.newest;
  }

  /** Custodians whose report came within Δ, newest first. */
  livePeers(): readonly string[] {
    return this.#heads.livePeers(this.#parts.maxAgeMs);
  }

  /** How many of the given custodians have agreed with the own chain at a height or above it since the start. */
  countAgreeing(mspIds: readonly string[], height: number): number {
    return this.#heads.countAgreeing(mspIds, { height });
  }

  /** Tells when a head came, or a block. */
  get changes(): Changes {
    return this.#signal.changes;
  }

  #see(block: Block): void {
    for (const entry of entriesOf(block)) this.#heartbeats.see(entry);
    if (!this.#needsHeartbeat()) this.#isHeartbeatAwaited = false;
    for (const conflict of this.#heads.compareAgain())
      this.#judge.judge(conflict).then(
        () => {
          this.#signal.notify();
        },
        (error: unknown) => {
          this.#parts.log.error({ code: failureCode(error) }, 'a fork could not be judged');
        },
      );
    this.#signal.notify();
  }

  #agreeAt(height: number): boolean {
    const { others, threshold } = this.#parts.quorum();
    const { maxAgeMs } = this.#parts;
    return this.#heads.countAgreeing(others, { height, maxAgeMs }) >= threshold - 1;
  }

  #askForHeartbeat(): void {
    this.#isHeartbeatAwaited = true;
    this.#parts.askForHeartbeat();
  }

  #needsHeartbeat(): boolean {
    const { quorum, maxAgeMs } = this.#parts;
    return quorum().others.length > 0 && !this.#heartbeats.hasFresh(maxAgeMs);
  }

  /**
   * Whether an orderer of the own hospital signed the own chain at a height or above it. Hostile orderers cannot make it
   * do so for a chain that they made up for one peer.
   */
  #isSignedByOwnOrderer(height: number, roots: readonly OrdererRoots[]): boolean {
    const { chain, mspId, equivocations } = this.#parts;
    if (equivocations.has(mspId)) return false;
    for (const block of [chain.head, chain.blockAt(height)]) {
      if (this.#signedByOwn >= height) break;
      if (block !== undefined && signedBlockOf(block, roots)?.signer.mspId === mspId)
        this.#signedByOwn = Math.max(this.#signedByOwn, block.number);
    }
    return this.#signedByOwn >= height;
  }
}

/** What is read again only after a while. */
function remembered<T>(read: () => Promise<T>, { clock, forMs }: Readonly<{ clock: Clock; forMs: number }>) {
  let last: Readonly<{ at: number; value: T }> | undefined;
  return async (): Promise<T> => {
    if (last !== undefined && clock() - last.at < forMs) return last.value;
    last = { at: clock(), value: await read() };
    return last.value;
  };
}
