// SPDX-License-Identifier: Apache-2.0
import { VaultError, type CopyKeeper } from '@tutela/ipfs-cluster';

/** A node in memory: it finds the parts that exist, and goes on looking for any other until it is told to end. */
export class MemoryKeeper implements CopyKeeper {
  /** Parts that some node of the swarm has. */
  readonly existing = new Set<string>();
  readonly pinned = new Set<string>();
  /** Parts that are being looked for. */
  readonly lookedFor: string[] = [];
  isAway = false;

  async keep(cid: string, { signal }: Readonly<{ signal?: AbortSignal }> = {}): Promise<void> {
    this.#requireThere(signal);
    if (!this.existing.has(cid)) await this.#lookFor(cid, signal);
    this.pinned.add(cid);
  }

  async keeps(cid: string, { signal }: Readonly<{ signal?: AbortSignal }> = {}): Promise<boolean> {
    this.#requireThere(signal);
    await Promise.resolve();
    return this.pinned.has(cid);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #requireThere(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw new VaultError('ABORTED');
    if (this.isAway) throw new VaultError('VAULT_UNAVAILABLE');
  }

  #lookFor(cid: string, signal: AbortSignal | undefined): Promise<never> {
    this.lookedFor.push(cid);
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        this.lookedFor.splice(this.lookedFor.indexOf(cid), 1);
        reject(new VaultError('ABORTED'));
      });
    });
  }
}
