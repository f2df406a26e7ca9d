// SPDX-License-Identifier: Apache-2.0
import { systemClock, type Clock } from './clock.js';
import { canonicalCid, checkedCid, multihashOf } from './cid.js';
import type { StatusAnswer } from './cluster-answers.js';
import { ClusterPeerClient, type PeersHeard, type Placement } from './cluster-peer.js';
import type { HealCounts } from './heal-output.js';
import { HospitalsHeard, isShortOf, placementAt, widened } from './hospitals-heard.js';
import { KuboNode } from './kubo-node.js';
import { limited, persistent } from './limited.js';
import type { RestCredentials } from './nodes/secrets.js';
import { assertNotEmpty, partDag } from './part-dag.js';
import { pinKind, pinState } from './pin-state.js';
import { inPool } from './policy/batches.js';
import { Removals, removeUnreached } from './remove-unreached.js';
import { MAX_PART_BYTES, type CallLimits, type HealReport, type PinListing, type PinState } from './vault.js';
import type { Removal, RemovalLimits, StoredPart, Vault, VaultStatus, WaitLimits } from './vault.js';
import { VaultError, type VaultErrorCode } from './vault-error.js';
import { statusOf } from './vault-status.js';
import { waitPinned } from './wait-pinned.js';

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
/** A restarted cluster peer places no pin before it has heard of the others' free space, every 5 s: pauses of 9.6 s in all. */
const PIN_ATTEMPTS = 14;
const READ_ATTEMPTS = 3;
const CIDS_PER_QUESTION = 50;
const PARALLEL_ENTRIES = 16;

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
  readonly #heard: HospitalsHeard;
  readonly #removals: Removals;
  #healing: Promise<HealCounts> | undefined;

  constructor(kubo: KuboNode, cluster: ClusterPeerClient, clock: Clock) {
    this.#kubo = kubo;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#heard = new HospitalsHeard(cluster, clock);
    this.#removals = new Removals((blocks) =>
      this.#limited({}, MINUTE_MS, 'VAULT_TIMEOUT', (signal) => removeUnreached(kubo, blocks, signal)),
    );
  }

  async addPart(bytes: Uint8Array, limits: CallLimits = {}): Promise<StoredPart> {
    assertNotEmpty(bytes);
    const part = partDag(bytes);
    // A pin will follow: ask meanwhile who can hold it.
    const heard = this.#heard.now();
    const cid = await this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#persistent(signal, () => this.#kubo.add(bytes, signal)),
    );
    await heard;
    if (cid !== part.cid) throw new VaultError('PART_CORRUPT');
    return part;
  }

  async pin(
    cid: string,
    replication: { readonly min: number; readonly max: number },
    limits: CallLimits = {},
  ) {
    checkedCid(cid);
    await this.#pin(cid, limits, (heard) => placementAt(heard, replication));
  }

  async waitPinned(
    cids: readonly string[],
    hospitals: number,
    limits: WaitLimits = {},
  ): Promise<readonly PinState[]> {
    cids.forEach(checkedCid);
    const replication = { min: 1, max: limits.wanted ?? hospitals };
    return this.#limited(limits, MINUTE_MS, 'REPLICATION_TIMEOUT', (signal) =>
      waitPinned({
        cids,
        hospitals,
        clock: this.#clock,
        signal,
        states: (open) => this.#states(open, signal),
        recover: (cid) => this.#cluster.recover(cid, signal),
        pinAgain: (cid) => this.#pin(cid, { signal }, (heard) => widened(placementAt(heard, replication))),
        isShort: (allocations) =>
          isShortOf(allocations, placementAt(this.#heard.last(replication.max), replication)),
        heldHere: (cid) => this.#heldHere(cid, signal),
      }),
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

  async unpin(cid: string, limits: CallLimits = {}): Promise<void> {
    canonicalCid(cid);
    await this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#persistent(signal, () => this.#cluster.unpin(cid, signal)),
    );
  }

  async hold(cid: string, limits: CallLimits = {}): Promise<void> {
    checkedCid(cid);
    await this.#limited(limits, MINUTE_MS, 'PART_NOT_FOUND', (signal) => this.#kubo.pin(cid, signal));
  }

  async listHeld(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#kubo.ownPins('recursive', signal),
    );
  }

  async listDirect(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#kubo.ownPins('direct', signal),
    );
  }

  async removePart(cid: string, blocks: readonly string[], limits: RemovalLimits = {}): Promise<Removal> {
    [cid, ...blocks].forEach(canonicalCid);
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', async (signal) => {
      if (limits.evenIfShared !== true && (await this.#cluster.isShared(cid, signal)))
        throw new VaultError('PIN_STILL_WANTED');
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

  async pinStates(cids: readonly string[], limits: CallLimits = {}): Promise<readonly PinState[]> {
    cids.forEach(checkedCid);
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) => this.#states(cids, signal));
  }

  async listPins(limits: CallLimits = {}): Promise<PinListing> {
    const { entries, leftOut } = await this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#cluster.allocations(signal),
    );
    const pins = entries.map((pin) => ({
      cid: pin.cid,
      kind: pinKind(pin),
      allocations: pin.allocations,
      replicationMin: pin.replication_factor_min,
      replicationMax: pin.replication_factor_max,
    }));
    return { pins, leftOut };
  }

  async recover(cid: string, limits: CallLimits = {}): Promise<void> {
    checkedCid(cid);
    await this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', (signal) => this.#cluster.recover(cid, signal));
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

  async #pin(cid: string, limits: CallLimits, place: (heard: PeersHeard) => Placement): Promise<void> {
    await this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', (signal) =>
      persistent(this.#clock, signal, PIN_ATTEMPTS, async () => {
        await this.#cluster.pin(cid, place(await this.#heard.now()), signal);
      }),
    );
  }

  // An entry that asked for less at either end of the question may have asked for less when a hospital confirmed it.
  async #states(cids: readonly string[], signal: AbortSignal): Promise<readonly PinState[]> {
    const before = await this.#askedWhole(cids, signal);
    const statuses = await this.#statuses(cids, signal);
    const after = await this.#askedWhole(before, signal);
    const states = new Map(statuses.map((status) => [status.cid, pinState(status, after.has(status.cid))]));
    // What others made too long to be read says nothing of who holds the part, as an entry that is not there.
    const unknown = { pinnedBy: [], failedAt: [], allocations: [], isWhole: false };
    return cids.map((cid) => states.get(cid) ?? { cid, ...unknown });
  }

  /** The parts that the shared state asks for with all their blocks. */
  async #askedWhole(cids: Iterable<string>, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const all = [...cids];
    const entries = await inPool(all, PARALLEL_ENTRIES, (cid) => this.#cluster.entry(cid, signal));
    return new Set(
      all.filter((_, index) => entries[index] !== undefined && pinKind(entries[index]) === 'recursive'),
    );
  }

  async #statuses(cids: readonly string[], signal: AbortSignal): Promise<readonly StatusAnswer[]> {
    const questions = Array.from({ length: Math.ceil(cids.length / CIDS_PER_QUESTION) }, (_, index) =>
      cids.slice(index * CIDS_PER_QUESTION, (index + 1) * CIDS_PER_QUESTION),
    );
    // At once, for a hospital that does not answer holds each of them up for the same 15 s.
    const answers = await Promise.all(questions.map((question) => this.#cluster.statuses(question, signal)));
    return answers.flat();
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

  /** This hospital's name when its own node pins the part, whatever the shared pinset says. */
  async #heldHere(cid: string, signal: AbortSignal): Promise<string | undefined> {
    const [own, pinned] = await Promise.all([this.#cluster.own(signal), this.#kubo.isPinned(cid, signal)]);
    return pinned ? own.peername : undefined;
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
