// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS, DomainError, msOf, type Custodian, type Instant } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { isTaggedSignedBy } from '../identity.js';
import { blockHash } from '../ledger/block-hash.js';
import type { Chain } from '../ledger/chain.js';
import { HEAD_PREFIX, type SignedHead } from './head.js';

type Seen = {
  /** Newest height on which the other and the own chain agree, and when the head that says so came. */
  agreed?: Readonly<{ signed: SignedHead; height: number; at: number }>;
  /** The first and the newest head beyond the own chain, to be compared when the own chain gets there. */
  pending: readonly Readonly<{ signed: SignedHead; at: number }>[];
  last?: Readonly<{ height: number; claimedAt: number }>;
};

/** A head that contradicts the own chain. */
export type Conflict = Readonly<{ signed: SignedHead; height: number }>;

/** What the other custodians last said of the chain, compared with the own one. */
export class OtherHeads {
  readonly #chain: Chain;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor({ chain, clock }: Readonly<{ chain: Chain; clock: Clock }>) {
    this.#chain = chain;
    this.#clock = clock;
  }

  /**
   * Takes a head from a registered custodian; returns it when it contradicts the own chain. Throws
   * SIGNATURE_INVALID or BAD_REQUEST for one that is not the sender's, not whole, or repeated.
   */
  accept(signed: SignedHead, sender: Custodian): Conflict | undefined {
    const { head } = signed;
    if (
      head.mspId !== sender.mspId ||
      !isTaggedSignedBy(sender.publicKey, [HEAD_PREFIX, head], signed.signature)
    )
      throw new DomainError('SIGNATURE_INVALID', 'the head is not signed by that custodian');
    if (blockHash({ ...head, number: head.height }) !== head.blockHash)
      throw new DomainError('BAD_REQUEST', 'the head does not hash to what it says');
    const [now, claimedAt] = [this.#clock(), msOf(head.at as Instant)];
    if (!(Math.abs(now - claimedAt) <= CLOCK_SKEW_MS))
      throw new DomainError('BAD_REQUEST', 'the head is of another time');
    const seen: Seen = this.#seen.get(head.mspId) ?? { pending: [] };
    if (seen.last !== undefined && !isNewer({ height: head.height, claimedAt }, seen.last)) return undefined;
    seen.last = { height: head.height, claimedAt };
    // Its peer has another chain since, when its height goes back: what it said of the one before is of no use.
    const before = seen.pending.filter((one) => one.signed.head.height <= head.height);
    seen.pending = [...before.slice(0, 1), { signed, at: now }];
    this.#seen.set(head.mspId, seen);
    return this.#compare(seen);
  }

  /** Compares the heads that were ahead of the own chain with its new block; returns the contradictions. */
  compareAgain(): readonly Conflict[] {
    return [...this.#seen.values()].map((seen) => this.#compare(seen)).filter((found) => found !== undefined);
  }

  /**
   * How many of the given custodians agreed with the own chain at a height or beyond, no longer ago than `maxAgeMs`, or
   * ever where it is left out.
   */
  countAgreeing(
    mspIds: readonly string[],
    { height, maxAgeMs = Infinity }: Readonly<{ height: number; maxAgeMs?: number }>,
  ): number {
    const since = this.#clock() - maxAgeMs;
    return mspIds.filter((mspId) => {
      const agreed = this.#seen.get(mspId)?.agreed;
      return agreed !== undefined && agreed.height >= height && agreed.at > since;
    }).length;
  }

  /** The newest head with which a custodian agreed with the own chain. */
  agreedBy(mspId: string): SignedHead | undefined {
    return this.#seen.get(mspId)?.agreed?.signed;
  }

  /** The custodians whose report came within `maxAgeMs`, newest first. */
  livePeers(maxAgeMs: number): readonly string[] {
    const since = this.#clock() - maxAgeMs;
    const newest = ({ agreed, pending }: Seen): number =>
      Math.max(agreed?.at ?? 0, ...pending.map(({ at }) => at));
    return [...this.#seen]
      .filter(([, seen]) => newest(seen) > since)
      .sort(([, a], [, b]) => newest(b) - newest(a))
      .map(([mspId]) => mspId);
  }

  /** What time a custodian's newest head claims, in milliseconds; 0 without one. */
  claimedBy(mspId: string): number {
    return this.#seen.get(mspId)?.last?.claimedAt ?? 0;
  }

  #compare(seen: Seen): Conflict | undefined {
    let conflict: Conflict | undefined;
    const compared = seen.pending.filter(
      ({ signed }) => this.#chain.hashAt(signed.head.height) !== undefined,
    );
    seen.pending = seen.pending.filter((one) => !compared.includes(one));
    for (const { signed, at } of compared) {
      const { height, blockHash: theirs } = signed.head;
      if (this.#chain.hashAt(height) === theirs) seen.agreed = { signed, height, at };
      else conflict ??= { signed, height };
    }
    return conflict;
  }
}

/**
 * A head takes the place of the one before by its time. Its height may go back, as it does where a peer that had been
 * given another chain has the consortium's again.
 */
function isNewer(next: Required<Seen>['last'], last: Required<Seen>['last']): boolean {
  return next.claimedAt > last.claimedAt || (next.claimedAt === last.claimedAt && next.height > last.height);
}
