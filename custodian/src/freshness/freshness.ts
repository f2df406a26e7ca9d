// SPDX-License-Identifier: Apache-2.0
import { DomainError, instantOf, PERIOD_MS, type Custodian, type Instant } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, OrdererRoots, OrdererSignature } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { ForkAlarm, ForkEvidence } from './fork-alarm.js';
import type { SignedHead } from './head.js';
import { Heartbeats } from './heartbeats.js';
import { ordererSigner, type OrdererSigner } from './orderer-signer.js';
import { OtherHeads, type Conflict } from './other-heads.js';
import { Signal, waitUntil } from './wait-until.js';

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
  quorum: () => Quorum;
  askForHeartbeat: () => void;
  ordererRoots: () => Promise<readonly OrdererRoots[]>;
}>;

/** Whether the own peer's view of the ledger is the one that the others see, now (cryptography §6.4). */
export class Freshness {
  readonly #parts: FreshnessParts;
  readonly #heads: OtherHeads;
  readonly #heartbeats: Heartbeats;
  readonly #signal = new Signal();
  /** Whether the others were asked for a heartbeat that has not come. */
  #isHeartbeatAwaited = false;

  constructor(parts: FreshnessParts) {
    this.#parts = parts;
    this.#heads = new OtherHeads(parts);
    this.#heartbeats = new Heartbeats(parts);
    parts.chain.onBlock((block) => {
      this.#see(block);
    });
  }

  /** Takes a head that another custodian sent. */
  async accept(signed: SignedHead, sender: Custodian): Promise<void> {
    const conflict = this.#heads.accept(signed, sender);
    if (conflict !== undefined) await this.#judge(conflict);
    this.#signal.notify();
  }

  /** Undefined while fresh, else why not. */
  problem(): DomainError | undefined {
    const { alarm, chain } = this.#parts;
    if (alarm.evidence !== undefined)
      return new DomainError(
        'PEER_FORKED',
        'two orderers signed different blocks of one height; an operator must decide',
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

  /** Second half of check 2: t−1 others see the same block; throws PEER_STALE when they do not in time. */
  async requireConfirmed(height: number): Promise<void> {
    const confirmed = await waitUntil(
      () => this.#agreeAt(height),
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

  #see(block: Block): void {
    for (const entry of entriesOf(block)) this.#heartbeats.see(entry);
    if (!this.#needsHeartbeat()) this.#isHeartbeatAwaited = false;
    for (const conflict of this.#heads.compareAgain())
      this.#judge(conflict).catch((error: unknown) => {
        this.#parts.log.error({ code: failureCode(error) }, 'a fork could not be judged');
      });
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

  /** Only headers that orderers signed stop releases; any other claim counts against its sender alone. */
  async #judge({ signed, height }: Conflict): Promise<void> {
    const { alarm, chain, clock, log, mspId } = this.#parts;
    const own = chain.blockAt(height);
    if (own?.ordererSignature === undefined || signed.orderer === undefined) {
      log.warn(
        { from: signed.head.mspId, height },
        'a head contradicts the own chain without an orderer behind it',
      );
      return;
    }
    const roots = await this.#parts.ordererRoots();
    const ownSide = sideOf(own, own.ordererSignature, roots);
    const otherSide = sideOf(
      { ...signed.head, number: height, hash: signed.head.blockHash },
      signed.orderer,
      roots,
    );
    if (ownSide === undefined || otherSide === undefined) {
      log.warn(
        { from: signed.head.mspId, height },
        'a head contradicts the own chain without an orderer behind it',
      );
      return;
    }
    log.error(
      { from: signed.head.mspId, height, orderer: otherSide.signer.mspId, mspId },
      'the ledger is forked; all releases stop',
    );
    await alarm.raise({
      v: 1,
      at: instantOf(clock()),
      reportedBy: signed.head.mspId,
      own: ownSide,
      other: otherSide,
    });
    this.#signal.notify();
  }
}

function sideOf(
  { number, previousHash, dataHash, hash }: Pick<Block, 'number' | 'previousHash' | 'dataHash' | 'hash'>,
  signature: OrdererSignature,
  roots: readonly OrdererRoots[],
): ForkEvidence['own'] | undefined {
  const signer: OrdererSigner | undefined = ordererSigner(
    { number, previousHash, dataHash },
    signature,
    roots,
  );
  return signer === undefined ? undefined : { number, previousHash, dataHash, hash, signer, signature };
}
