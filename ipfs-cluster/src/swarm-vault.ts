// SPDX-License-Identifier: Apache-2.0
import { systemClock, type Clock } from './clock.js';
import { canonicalCid, checkedCid, multihashOf } from './cid.js';
import { ClusterPeerClient } from './cluster-peer.js';
import type { HealCounts } from './heal-output.js';
import { KuboNode } from './kubo-node.js';
import { limited, persistent } from './limited.js';
import type { RestCredentials } from './nodes/secrets.js';
import { assertNotEmpty, partDag } from './part-dag.js';
import { Removals, removeUnreached } from './remove-unreached.js';
import { MAX_PART_BYTES, type CallLimits, type HealReport } from './vault.js';
import type { Removal, StoredPart, Vault, VaultStatus } from './vault.js';
import { VaultError, type VaultErrorCode } from './vault-error.js';
import { statusOf } from './vault-status.js';

/** How to reach one hospital's own two nodes. */
export interface SwarmVaultSettings {
  readonly kuboSocket: string;
  readonly clusterUrl: string;
  readonly credentials: RestCredentials;
  readonly clock?: Clock;
}

const CALL_MS = 15_000;
const MINUTE_MS = 60_000;
const HEAL_MS = 10 * MINUTE_MS;
const STATUS_MS = 3_000;
const ATTEMPTS = 5;
/** A restarted cluster peer takes no pin before it has measured the free space, every 5 s: pauses of 9.6 s in all. */
const PIN_ATTEMPTS = 14;
const READ_ATTEMPTS = 3;

/** Opens the vault of one hospital: its Kubo node on a Unix socket and its cluster peer on loopback. */
export function openSwarmVault(settings: SwarmVaultSettings): Vault {
  return new SwarmVault(
    new KuboNode(settings.kuboSocket),
    new ClusterPeerClient(settings.clusterUrl, settings.credentials),
    settings.clock ?? systemClock,
  );
}

class SwarmVault implements Vault {
  readonly #kubo: KuboNode;
  readonly #cluster: ClusterPeerClient;
  readonly #clock: Clock;
  readonly #removals: Removals;
  #healing: Promise<HealCounts> | undefined;

  constructor(kubo: KuboNode, cluster: ClusterPeerClient, clock: Clock) {
    this.#kubo = kubo;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#removals = new Removals((groups) =>
      this.#limited({}, MINUTE_MS, 'VAULT_TIMEOUT', (signal) => removeUnreached(kubo, groups, signal)),
    );
  }

  async addPart(bytes: Uint8Array, limits: CallLimits = {}): Promise<StoredPart> {
    assertNotEmpty(bytes);
    const part = partDag(bytes);
    const cid = await this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#persistent(signal, () => this.#kubo.add(bytes, signal)),
    );
    if (cid !== part.cid) throw new VaultError('PART_CORRUPT');
    return part;
  }

  async pin(cid: string, limits: CallLimits = {}): Promise<void> {
    checkedCid(cid);
    await this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', (signal) =>
      persistent(this.#clock, signal, PIN_ATTEMPTS, () => this.#cluster.pin(cid, signal)),
    );
  }

  async getPart(cid: string, expectedSize: number, limits: CallLimits = {}): Promise<Uint8Array> {
    checkedCid(cid);
    if (!Number.isSafeInteger(expectedSize) || expectedSize < 0 || expectedSize > MAX_PART_BYTES) {
      throw new VaultError('PART_TOO_LARGE');
    }
    const bytes = await this.#limited(limits, CALL_MS, 'PART_NOT_FOUND', (signal) =>
      persistent(this.#clock, signal, READ_ATTEMPTS, () => this.#kubo.cat(cid, expectedSize, signal)),
    );
    if (partDag(bytes).cid !== cid) throw new VaultError('PART_CORRUPT');
    return bytes;
  }

  async hold(cid: string, limits: CallLimits = {}): Promise<void> {
    checkedCid(cid);
    await this.#limited(limits, MINUTE_MS, 'PART_NOT_FOUND', (signal) => this.#kubo.pin(cid, signal));
  }

  async listHeld(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) => this.#kubo.ownPins(signal));
  }

  async listPins(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) => this.#cluster.pins(signal));
  }

  async removePart(cid: string, blocks: readonly string[], limits: CallLimits = {}): Promise<Removal> {
    [cid, ...blocks].forEach(canonicalCid);
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', async (signal) => {
      // The entry goes first: while it stands, the cluster peer pins the part again.
      await this.#persistent(signal, () => this.#cluster.unpin(cid, signal));
      const links = await this.#kubo.linksOf(cid, signal);
      await this.#kubo.removePin(cid, signal);
      // The first block goes last: it names the others, so a removal that broke off can be taken up again.
      const others = new Set([...blocks, ...links].filter((block) => block !== cid));
      const { removed, present } = await this.#removals.remove([...others, cid]);
      const stillPinned = await this.#kubo.isPinned(cid, signal);
      return {
        cid,
        gone: !stillPinned && present.length === 0,
        stillPinned,
        removed,
        blocksPresent: present,
      };
    });
  }

  async listOrphans(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', async (signal) => {
      const blocks = await this.#kubo.localBlocks(signal);
      const reached = new Set((await this.#kubo.pinnedClosure(signal)).map(multihashOf));
      return blocks.filter((block) => !reached.has(multihashOf(block)));
    });
  }

  async removeBlocks(blocks: readonly string[], limits: CallLimits = {}): Promise<readonly string[]> {
    blocks.forEach(canonicalCid);
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', async () => {
      const { removed } = await this.#removals.remove(blocks);
      return removed;
    });
  }

  async healPart(cid: string, limits: CallLimits = {}): Promise<HealReport> {
    checkedCid(cid);
    return this.#limited(limits, HEAL_MS, 'VAULT_TIMEOUT', async (signal) => {
      const unreadable = await this.#kubo.unreadableBlocks(cid, signal);
      if (unreadable.length === 0) return { healthy: true, healed: 0, lost: 0 };
      await this.#verifyAndHeal();
      const lost = (await this.#kubo.unreadableBlocks(cid, signal)).length;
      return { healthy: lost === 0, healed: Math.max(0, unreadable.length - lost), lost };
    });
  }

  async status(limits: CallLimits = {}): Promise<VaultStatus> {
    const nodes = { kubo: this.#kubo, cluster: this.#cluster, clock: this.#clock };
    return statusOf(nodes, (call) =>
      this.#limited({ deadlineMs: STATUS_MS, ...limits }, CALL_MS, 'VAULT_TIMEOUT', call),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#kubo.close(), this.#cluster.close()]);
  }

  /** One check of all blocks at a time, whoever needs it. */
  async #verifyAndHeal(): Promise<HealCounts> {
    this.#healing ??= this.#limited({}, HEAL_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#kubo.verifyAndHeal(signal),
    ).finally(() => {
      this.#healing = undefined;
    });
    return this.#healing;
  }

  #limited<T>(
    limits: CallLimits,
    defaultDeadlineMs: number,
    late: VaultErrorCode,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return limited({ clock: this.#clock, limits, defaultDeadlineMs, late }, call);
  }

  #persistent<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    return persistent(this.#clock, signal, ATTEMPTS, call);
  }
}
