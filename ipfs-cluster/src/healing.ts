// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { HealCounts } from './heal-output.js';
import type { KuboNode } from './kubo-node.js';
import { limited } from './limited.js';
import { removeUnreached, type Going, type RemovalNode } from './remove-unreached.js';
import type { HealReport } from './vault.js';
import { isVaultError } from './vault-error.js';

/** For a check of all blocks. */
export const HEAL_MS = 600_000;
const FETCH_ANEW_MS = 5_000;

const always = (): boolean => true;
const never = (): boolean => false;

/**
 * Replaces blocks on this hospital's disk that have other bytes than their identifiers say. Only a block that was read and
 * found so is removed, and counts as lost where no good one comes; one that is missing may be on its way.
 */
export class Healing {
  readonly #kubo: KuboNode;
  /** Sees no other blocks than bad ones, so that one which was replaced meanwhile stays, with its pins. */
  readonly #badAlone: RemovalNode;
  readonly #clock: Clock;
  #verifying: Promise<HealCounts> | undefined;

  constructor(kubo: KuboNode, node: RemovalNode, clock: Clock) {
    this.#kubo = kubo;
    this.#badAlone = { ...node, hasBlock: kubo.hasBadBlock.bind(kubo) };
    this.#clock = clock;
  }

  /** Heals a part; where it is pinned, a block that is bad or missing has all blocks checked. */
  async heal(cid: string, signal: AbortSignal): Promise<HealReport> {
    const before = await this.#kubo.faultsOf(cid, signal);
    if (!(await this.#kubo.pins.isPart(cid, signal))) return this.#fetchAnew(before.bad, signal);
    if (before.bad.length + before.missing.length === 0) return { healthy: true, healed: 0, lost: 0 };
    await this.#verifyAndHeal();
    const after = await this.#kubo.faultsOf(cid, signal);
    // The check removes a bad block before it looks for a good one.
    const wasBad = new Set(before.bad);
    const lost = after.bad.length + after.missing.filter((block) => wasBad.has(block)).length;
    const healthy = after.bad.length + after.missing.length === 0;
    return { healthy, healed: Math.max(0, before.bad.length - lost), lost };
  }

  /**
   * Calls the node for a part; where a block on its disk has other bytes than it should, that is removed, and the call
   * made again. A pin that reaches such a block is no copy, and goes with it.
   */
  async withoutBadBlocks<T>(cid: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isVaultError(error, 'PART_CORRUPT')) throw error;
      const { bad } = await this.#kubo.faultsOf(cid, signal);
      await this.#removeBad(bad, never, signal);
      return call();
    }
  }

  /** A node keeps what it fetched for a reader. Of that, a block whose bytes have changed is removed and fetched anew. */
  async #fetchAnew(bad: readonly string[], signal: AbortSignal): Promise<HealReport> {
    const removed = await this.#removeBad(bad, always, signal);
    const within = AbortSignal.any([signal, this.#clock.timeout(FETCH_ANEW_MS)]);
    const fetched = await Promise.allSettled(removed.map((block) => this.#kubo.fetch([block], within)));
    const lost = fetched.filter(({ status }) => status === 'rejected').length;
    return { healthy: lost === 0, healed: removed.length - lost, lost };
  }

  /** Removes the blocks that are bad, and those pins that reach one and are not spared; answers which are bad no more. */
  async #removeBad(
    blocks: readonly string[],
    spares: Going['spares'],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return (await removeUnreached(this.#badAlone, { blocks, spares }, signal)).removed;
  }

  /** Checks all blocks of the node; calls during a check share it. */
  async #verifyAndHeal(): Promise<HealCounts> {
    const how = {
      clock: this.#clock,
      limits: {},
      defaultDeadlineMs: HEAL_MS,
      late: 'VAULT_TIMEOUT',
    } as const;
    this.#verifying ??= limited(how, (signal) => this.#kubo.verifyAndHeal(signal)).finally(() => {
      this.#verifying = undefined;
    });
    return this.#verifying;
  }
}
