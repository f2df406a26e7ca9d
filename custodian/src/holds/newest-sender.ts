// SPDX-License-Identifier: Apache-2.0
import type { Custodian } from '@tutela/chaincode/domain';
import { failureCode, type Log } from '../log.js';
import { HOLDS_PATH, type Peer, type PeerClient } from '../peers/peer-client.js';
import type { Hold } from './hold-store.js';
import type { HospitalQueues } from './hospital-queues.js';

/** Between two holds under one key that are sent to the others, in milliseconds: newer ones can be signed without end. */
const PAUSE_MS = 3_000;

/** What sending holds needs. */
export type SenderParts = Readonly<{
  log: Log;
  client: PeerClient;
  others: () => readonly Pick<Custodian, 'mspId' | 'url'>[];
}>;

/** Sends the newest hold under a key to the other custodians. */
export class NewestSender<S extends object> {
  readonly #parts: SenderParts;
  readonly #queues: HospitalQueues;
  #hold: Hold<S>;
  #sentTo = new Set<string>();
  #isNew = false;
  #isResting = false;

  constructor(parts: SenderParts, queues: HospitalQueues, hold: Hold<S>) {
    this.#parts = parts;
    this.#queues = queues;
    this.#hold = hold;
  }

  /** Takes the newest one, which none of the others has been sent. */
  take(hold: Hold<S>): void {
    this.#hold = hold;
    this.#sentTo = new Set();
    this.#isNew = true;
  }

  /** Sends what is new in the next turn, or in the pause after the one before as soon as that is over. */
  sendNew(): void {
    if (!this.#isNew || this.#isResting) return;
    this.#isResting = true;
    this.send();
    setTimeout(() => {
      this.#isResting = false;
      this.sendNew();
    }, PAUSE_MS).unref();
  }

  /**
   * Sends to those that have not taken it yet; those that cannot be reached are tried again. Each of the others has its
   * own queue for the holds of one hospital: one that is slow keeps no other waiting, nor one hospital's holds another's.
   */
  send(): void {
    this.#isNew = false;
    for (const other of this.#parts.others())
      if (!this.#sentTo.has(other.mspId))
        this.#queues.add([this.#hold.hospital, other.mspId], this, () => this.#sendTo(other));
  }

  async #sendTo(other: Peer): Promise<void> {
    const [{ client, log }, { signed }, sentTo] = [this.#parts, this.#hold, this.#sentTo];
    if (sentTo.has(other.mspId)) return;
    try {
      await client.post(other, HOLDS_PATH, signed, { 'tutela-forwarded': '1' });
      sentTo.add(other.mspId);
    } catch (error) {
      log.warn({ code: failureCode(error), to: other.mspId }, 'a hold could not be forwarded');
    }
  }
}
