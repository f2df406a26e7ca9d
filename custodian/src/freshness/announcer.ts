// SPDX-License-Identifier: Apache-2.0
import { instantOf, type Custodian } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Identity } from '../identity.js';
import type { Chain } from '../ledger/chain.js';
import type { PeerClient } from '../peers/peer-client.js';
import { HEAD_PREFIX, type SignedHead } from './head.js';

/** At least this often the others hear from this custodian. */
export const ANNOUNCE_INTERVAL_MS = 10_000;

type Parts = Readonly<{
  identity: Identity;
  chain: Chain;
  clock: Clock;
  client: PeerClient;
  others: () => readonly Custodian[];
  journalHead: () => string;
  /** Takes the head that another custodian answers with. */
  accept: (answer: unknown) => void;
}>;

/**
 * Sends the own head to the other custodians, on each new block and every {@link ANNOUNCE_INTERVAL_MS}. To each of
 * them one message is under way at a time; what came meanwhile is told by the next, which carries the newest head.
 */
export class Announcer {
  readonly #parts: Parts;
  readonly #underWay = new Map<string, 'sending' | 'again'>();
  readonly #failures = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Announces until the signal. */
  start(signal: AbortSignal): void {
    const announce = (): void => {
      this.announce();
    };
    const stop = this.#parts.chain.onBlock(announce);
    const timer = setInterval(announce, ANNOUNCE_INTERVAL_MS);
    signal.addEventListener(
      'abort',
      () => {
        stop();
        clearInterval(timer);
      },
      { once: true },
    );
  }

  /** The own head, signed; undefined before the first block. */
  current(): SignedHead | undefined {
    const { chain, identity, clock, journalHead } = this.#parts;
    const block = chain.head;
    if (block === undefined) return undefined;
    const { number: height, hash: blockHash, previousHash, dataHash, ordererSignature } = block;
    const at = instantOf(clock());
    const head = {
      v: 1,
      mspId: identity.mspId,
      height,
      blockHash,
      previousHash,
      dataHash,
      journalHead: journalHead(),
      at,
    } as const;
    const signature = identity.sign(HEAD_PREFIX, head);
    return { head, signature, ...(ordererSignature === undefined ? {} : { orderer: ordererSignature }) };
  }

  /** Announces to all others now. */
  announce(): void {
    for (const other of this.#parts.others()) this.#announceTo(other);
  }

  /** Custodians that did not take the last announcement, with how many were missed in a row. */
  get silent(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failures);
  }

  #announceTo(other: Custodian): void {
    if (this.#underWay.has(other.mspId)) {
      this.#underWay.set(other.mspId, 'again');
      return;
    }
    const head = this.current();
    if (head === undefined) return;
    this.#underWay.set(other.mspId, 'sending');
    this.#parts.client
      .post(other, '/v1/heads', head)
      .then(
        (answer) => {
          this.#failures.delete(other.mspId);
          this.#parts.accept(answer);
        },
        () => this.#failures.set(other.mspId, (this.#failures.get(other.mspId) ?? 0) + 1),
      )
      .finally(() => {
        const again = this.#underWay.get(other.mspId) === 'again';
        this.#underWay.delete(other.mspId);
        if (again) this.#announceTo(other);
      });
  }
}
