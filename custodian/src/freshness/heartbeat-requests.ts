// SPDX-License-Identifier: Apache-2.0
import type { Custodian } from '@tutela/chaincode/domain';
import { failureCode, type Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';

/** How long one custodian has for a heartbeat before all others are asked too, in milliseconds. */
const PATIENCE_MS = 2_000;
/** For so long one request answers all releases that need a heartbeat, in milliseconds. */
const ROUND_MS = 5_000;

type Parts = Readonly<{
  client: PeerClient;
  others: () => readonly Custodian[];
  livePeers: () => readonly string[];
  log: Log;
}>;

/** Asks other hospitals for a sign of life on the ledger: first the one whose report came last, then all. */
export class HeartbeatRequests {
  readonly #parts: Parts;
  #round: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks, unless a round is under way. */
  ask(): void {
    if (this.#round !== undefined) return;
    this.#round = setTimeout(() => {
      this.#round = undefined;
    }, ROUND_MS);
    this.#round.unref();
    const [likeliest, ...rest] = this.#inOrder();
    if (likeliest !== undefined) this.#askOne(likeliest);
    setTimeout(() => {
      for (const other of rest) this.#askOne(other);
    }, PATIENCE_MS).unref();
  }

  #inOrder(): readonly Custodian[] {
    const livePeers = this.#parts.livePeers();
    const rank = ({ mspId }: Custodian): number => {
      const position = livePeers.indexOf(mspId);
      return position < 0 ? livePeers.length : position;
    };
    return [...this.#parts.others()].sort((a, b) => rank(a) - rank(b));
  }

  #askOne(other: Custodian): void {
    this.#parts.client.post(other, '/v1/heartbeat', {}).catch((error: unknown) => {
      this.#parts.log.warn(
        { code: failureCode(error), to: other.mspId },
        'a heartbeat could not be asked for',
      );
    });
  }
}
