// SPDX-License-Identifier: Apache-2.0
import type { Custodian } from '@tutela/chaincode/domain';
import { failureCode, type Log } from '../log.js';
import { HOLDS_PATH, type Peer, type PeerClient } from '../peers/peer-client.js';

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
  readonly #isStopped: () => boolean;
  #signed: S;
  #sentTo = new Set<string>();
  #isNew = false;
  #isResting = false;

  constructor(parts: SenderParts, signed: S, isStopped: () => boolean) {
    this.#parts = parts;
    this.#signed = signed;
    this.#isStopped = isStopped;
  }

  /** Takes the newest one, which none of the others has been sent. */
  take(signed: S): void {
    this.#signed = signed;
    this.#sentTo = new Set();
    this.#isNew = true;
  }

  /** Sends what is new at once, or in the pause after the one before as soon as that is over. */
  sendNew(): void {
    if (this.#isStopped() || !this.#isNew || this.#isResting) return;
    this.#isResting = true;
    void this.send();
    setTimeout(() => {
      this.#isResting = false;
      this.sendNew();
    }, PAUSE_MS).unref();
  }

  /** Sends to those that have not taken it yet; those that cannot be reached are tried again. */
  async send(): Promise<void> {
    const [{ client, others, log }, signed, sentTo] = [this.#parts, this.#signed, this.#sentTo];
    this.#isNew = false;
    const sendTo = async (other: Peer): Promise<void> => {
      try {
        await client.post(other, HOLDS_PATH, signed, { 'tutela-forwarded': '1' });
        sentTo.add(other.mspId);
      } catch (error) {
        log.warn({ code: failureCode(error), to: other.mspId }, 'a hold could not be forwarded');
      }
    };
    await Promise.all(
      others()
        .filter(({ mspId }) => !sentTo.has(mspId))
        .map(sendTo),
    );
  }
}
