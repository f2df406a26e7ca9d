// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { CopyKeeper } from '../copies/copy-keeper.js';

/** A gateway with its node in memory: it finds the parts that exist, and goes on looking for any other until it is told to end. */
export class MemoryKeeper implements CopyKeeper {
  /** Parts that some node of the swarm has. */
  readonly existing = new Set<string>();
  readonly pinned = new Set<string>();
  /** Parts that are being looked for. */
  readonly lookedFor: string[] = [];
  isAway = false;

  async keep(cid: string, _: string, signal: AbortSignal): Promise<void> {
    this.#requireThere(signal);
    if (!this.existing.has(cid)) await this.#lookFor(cid, signal);
    this.pinned.add(cid);
  }

  async keeps(cid: string, signal: AbortSignal): Promise<boolean> {
    this.#requireThere(signal);
    await Promise.resolve();
    return this.pinned.has(cid);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #requireThere(signal: AbortSignal): void {
    if (signal.aborted) throw givenUp();
    if (this.isAway) throw new DomainError('STORAGE_UNAVAILABLE', 'away');
  }

  #lookFor(cid: string, signal: AbortSignal): Promise<never> {
    this.lookedFor.push(cid);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        this.lookedFor.splice(this.lookedFor.indexOf(cid), 1);
        reject(givenUp());
      });
    });
  }
}

function givenUp(): DomainError {
  return new DomainError('NOT_FOUND', 'the part was given up');
}
