// SPDX-License-Identifier: Apache-2.0
import { systemClock, type Clock } from './clock.js';
import { canonicalCid, checkedCid, namesOthers, otherBlocks } from './cid.js';
import { ClusterPeerClient } from './cluster-peer.js';
import { Fetches } from './fetches.js';
import { replaceFormer } from './former-entries.js';
import { Healing, HEAL_MS } from './healing.js';
import { KnownBlocks } from './known-blocks.js';
import { KuboNode } from './kubo-node.js';
import { limited, persistent, requireAccepted, unlessFailed } from './limited.js';
import type { RestCredentials } from './nodes/secrets.js';
import { orphans } from './orphans.js';
import { assertNotEmpty, partBlocks, partDag, partOf } from './part-dag.js';
import { PinGate } from './pin-gate.js';
import { PinIndex } from './pin-index.js';
import { PinReach, type PinnedNode } from './pin-reach.js';
import { removeUnreached, type RemovalNode } from './remove-unreached.js';
import { MAX_PART_BYTES, type CallLimits, type HealReport, type KeepLimits } from './vault.js';
import type { HoldLimits, Removal, StoredPart, Vault, VaultStatus } from './vault.js';
import { isVaultError, VaultError, type VaultErrorCode } from './vault-error.js';
import { statusOf } from './vault-status.js';

/** How to reach one hospital's own two nodes. */
export interface SwarmVaultSettings {
  readonly kuboSocket: string;
  readonly clusterUrl: string;
  readonly credentials: RestCredentials;
  /** Where the index of what the node pins lies; `:memory:` for a process that soon ends. */
  readonly pinIndexPath: string;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly chance?: () => number;
}

const CALL_MS = 15_000;
const MINUTE_MS = 60_000;
const STATUS_MS = 3_000;
/** Time for a list of all pins. */
const LIST_MS = 5 * MINUTE_MS;
const ATTEMPTS = 5;
/** A restarted cluster peer takes no pin before it has measured the free space, every 5 s: pauses of 9.6 s in all. */
const PIN_ATTEMPTS = 14;
const READ_ATTEMPTS = 3;
/** Time for a pin of blocks that are here, or for an entry in the pinset. */
const PIN_MS = 5_000;
/** Time for the removal of what a refused part has left here. */
const CLEANUP_MS = 5_000;
/** Time to take off one pin, with its entry. */
const TAKE_OFF_MS = 10_000;

const always = (): boolean => true;

/** Opens the vault of one hospital: its Kubo node on a Unix socket and its cluster peer on loopback. */
export function openSwarmVault(settings: SwarmVaultSettings): Vault {
  return new SwarmVault(
    new KuboNode(settings.kuboSocket),
    new ClusterPeerClient(settings.clusterUrl, settings.credentials),
    new PinIndex(settings.pinIndexPath),
    settings,
  );
}

class SwarmVault implements Vault {
  readonly #kubo: KuboNode;
  readonly #cluster: ClusterPeerClient;
  readonly #clock: Clock;
  readonly #chance: () => number;
  readonly #gate = new PinGate();
  readonly #index: PinIndex;
  readonly #reach: PinReach;
  readonly #known: KnownBlocks;
  readonly #node: RemovalNode;
  readonly #fetches: Fetches;
  readonly #healing: Healing;

  constructor(
    kubo: KuboNode,
    cluster: ClusterPeerClient,
    index: PinIndex,
    { clock = systemClock, chance = Math.random }: Pick<SwarmVaultSettings, 'clock' | 'chance'>,
  ) {
    this.#kubo = kubo;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#chance = chance;
    this.#index = index;
    this.#known = new KnownBlocks(kubo, index, {
      clock,
      removeLoose: (block) => this.removeBlocks([block], { deadlineMs: CLEANUP_MS }),
    });
    const pinned: PinnedNode = {
      blocksHere: kubo.blocksHere.bind(kubo),
      list: kubo.pins.list.bind(kubo.pins),
      pinAnew: (cid, blocks, signal) =>
        this.#inGate(
          signal,
          PIN_MS,
          async (within) => (await kubo.pins.isPart(cid, within)) && kubo.pinWhole(cid, blocks, within),
        ),
    };
    this.#reach = new PinReach(pinned, index, clock);
    this.#node = {
      hasBlock: kubo.hasBlock.bind(kubo),
      removeBlocks: kubo.removeBlocks.bind(kubo),
      reach: this.#reach,
      removePin: this.#removePin.bind(this),
      takeOff: this.#takeOff.bind(this),
      timeout: (ms) => clock.timeout(ms),
      alone: (work, deadlineMs, signal) =>
        this.#gate.removing(
          () => this.#limited({ signal, deadlineMs }, deadlineMs, 'VAULT_TIMEOUT', work),
          signal,
        ),
    };
    this.#fetches = new Fetches(this.#node, clock);
    this.#healing = new Healing(kubo, this.#node, clock);
  }

  async addPart(bytes: Uint8Array, limits: CallLimits = {}): Promise<StoredPart> {
    assertNotEmpty(bytes);
    const blocks = partBlocks(bytes);
    const part = partOf(blocks, bytes.length);
    await this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#persistent(signal, () =>
        this.#pinning(part, { accepts: always, signal, deadlineMs: CALL_MS }, async (within) => {
          await this.#kubo.put(blocks, within);
          // A collection may have come between.
          if (await this.#kubo.pins.keep(part.cid, part.blocks, within)) return true;
          throw new VaultError('PART_INCOMPLETE');
        }),
      ),
    );
    return part;
  }

  async pin(cid: string, limits: KeepLimits): Promise<void> {
    checkedCid(cid);
    await this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', (signal) =>
      persistent(this.#clock, signal, PIN_ATTEMPTS, () =>
        this.#inGate(signal, PIN_MS, async (within) => {
          requireAccepted(limits.accepts, [cid]);
          await this.#cluster.pin(cid, within);
        }),
      ),
    );
  }

  async getPart(cid: string, expectedSize: number, limits: CallLimits = {}): Promise<Uint8Array> {
    checkedCid(cid);
    if (!Number.isSafeInteger(expectedSize) || expectedSize < 0 || expectedSize > MAX_PART_BYTES) {
      throw new VaultError('PART_TOO_LARGE');
    }
    const bytes = await this.#fetches.keeping((keeps) =>
      this.#limited(limits, CALL_MS, 'PART_NOT_FOUND', (signal) =>
        this.#persistent(signal, () => this.#kubo.read(cid, expectedSize, signal, keeps), READ_ATTEMPTS),
      ),
    );
    if (partDag(bytes).cid !== cid) throw new VaultError('PART_CORRUPT');
    return bytes;
  }

  async hold(cid: string, limits: HoldLimits): Promise<void> {
    checkedCid(cid);
    const { accepts, stays = always } = limits;
    requireAccepted(accepts, [cid]);
    let fetched: readonly string[] = [cid];
    const fetch = this.#fetches.begin();
    try {
      await this.#limited(limits, MINUTE_MS, 'PART_NOT_FOUND', async (signal) => {
        await fetch.wants(fetched);
        const blocks = await this.#healing.withoutBadBlocks(cid, signal, () =>
          this.#kubo.blocksOf(cid, signal),
        );
        requireAccepted(accepts, blocks);
        const pin = (): Promise<boolean> =>
          this.#pinning({ cid, blocks }, { accepts, signal, deadlineMs: PIN_MS }, (within) =>
            this.#kubo.pinWhole(cid, blocks, within),
          );
        while (!(await this.#persistent(signal, pin))) {
          fetched = blocks;
          await fetch.wants(fetched);
          await this.#healing.withoutBadBlocks(cid, signal, () => this.#kubo.fetch(blocks, signal));
        }
      });
      fetch.end(true);
    } catch (error) {
      // The first error says more than one of the cleanup; what stays here is no part, and goes as an orphan.
      if (isVaultError(error, 'PART_REFUSED') || !accepts(fetched))
        await unlessFailed(this.removeBlocks(fetched.toReversed(), { deadlineMs: CLEANUP_MS }));
      fetch.end(stays());
      throw error;
    }
  }

  async holds(cid: string, limits: CallLimits = {}): Promise<boolean> {
    checkedCid(cid);
    return this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', async (signal) => {
      if (!(await this.#kubo.pins.isPart(cid, signal)) || !(await this.#kubo.hasGoodBlock(cid, signal)))
        return false;
      const [, ...others] = (await this.#kubo.blocksHere(cid, signal)) ?? [];
      const drawn = others[Math.floor(this.#chance() * others.length)];
      return drawn === undefined || this.#kubo.hasGoodBlock(drawn, signal);
    });
  }

  async blocksHere(cid: string, limits: CallLimits = {}): Promise<readonly string[]> {
    canonicalCid(cid);
    return this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', async (signal) => [
      cid,
      ...(await this.#known.below(cid, signal)),
    ]);
  }

  blocksOf(cid: string, patienceMs: number, limits: CallLimits = {}): Promise<readonly string[] | null> {
    return this.#limited(limits, CALL_MS, 'VAULT_TIMEOUT', (signal) =>
      this.#known.all(canonicalCid(cid), patienceMs, signal),
    );
  }

  async listHeld(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, LIST_MS, 'VAULT_TIMEOUT', (signal) => this.#kubo.pins.parts(signal));
  }

  async listPins(limits: CallLimits = {}): Promise<readonly string[]> {
    return this.#limited(limits, LIST_MS, 'VAULT_TIMEOUT', async (signal) => {
      const entries = await this.#cluster.entries(signal);
      const enterAnew = (cid: string, within: AbortSignal): Promise<void> =>
        this.#inGate(within, PIN_MS, (inTurn) => this.#cluster.enterAnew(cid, inTurn));
      await unlessFailed(
        this.#limited({ signal }, MINUTE_MS, 'VAULT_TIMEOUT', (within) =>
          replaceFormer(entries, enterAnew, within),
        ),
      );
      signal.throwIfAborted();
      return entries.map(({ cid }) => cid);
    });
  }

  async removePart(
    cid: string,
    blocks: readonly string[],
    limits: Parameters<Vault['removePart']>[2] = {},
  ): Promise<Removal> {
    [cid, ...blocks].forEach(canonicalCid);
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', async (signal) => {
      const below = await this.#known.below(cid, signal);
      const others = otherBlocks([...blocks, ...below], cid);
      // Such a block stays until it can be read, or the clean-up takes all blocks that no pin reaches.
      const isUnreadable =
        others.length === 0 && namesOthers(cid) && (await this.#kubo.hasBadBlock(cid, signal));
      // Once the first block is gone, this note alone says which blocks are to go.
      this.#index.noteGoing(cid, others);
      await this.#reach.ready(signal);
      await this.#cluster.entryEnded(cid, signal);
      await this.#node.alone((within) => this.#takeOff(cid, within), TAKE_OFF_MS, signal);
      const { spares = always, found } = limits;
      const going = { blocks: isUnreadable ? [] : [...others, cid], spares, found };
      const { removed, present } = await removeUnreached(this.#node, going, signal);
      const stillPinned = await this.#kubo.pins.isPart(cid, signal);
      const stillEntered = await this.#persistent(signal, () => this.#cluster.hasEntry(cid, signal));
      const blocksPresent = isUnreadable ? [cid] : present;
      const isOff = !stillPinned && !stillEntered;
      const gone = isOff && blocksPresent.length === 0;
      const released = isOff && blocksPresent.every((block) => this.#reach.isReached(block));
      // A removal that every other pin outlasts has nothing left to do.
      if (gone || (released && spares === always)) this.#index.forgetGoing(cid);
      return { cid, gone, released, stillPinned, removed, blocksPresent };
    });
  }

  async *listOrphans(limits: CallLimits = {}): AsyncGenerator<readonly string[]> {
    this.#fetches.removeLeft();
    const how = { clock: this.#clock, limits, defaultDeadlineMs: LIST_MS, late: 'VAULT_TIMEOUT' } as const;
    yield* orphans(this.#node, (signal) => this.#kubo.localBlocks(signal), how);
  }

  async removeBlocks(blocks: readonly string[], limits: CallLimits = {}): Promise<readonly string[]> {
    blocks.forEach(canonicalCid);
    return this.#limited(limits, MINUTE_MS, 'VAULT_TIMEOUT', async (signal) => {
      return (await removeUnreached(this.#node, { blocks, spares: always }, signal)).removed;
    });
  }

  async healPart(cid: string, limits: CallLimits = {}): Promise<HealReport> {
    checkedCid(cid);
    return this.#limited(limits, HEAL_MS, 'VAULT_TIMEOUT', (signal) => this.#healing.heal(cid, signal));
  }

  async status(limits: CallLimits = {}): Promise<VaultStatus> {
    const nodes = { kubo: this.#kubo, cluster: this.#cluster, clock: this.#clock };
    return statusOf(nodes, (call) =>
      this.#limited({ deadlineMs: STATUS_MS, ...limits }, CALL_MS, 'VAULT_TIMEOUT', call),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#fetches.close(), this.#reach.close()]);
    await Promise.all([this.#kubo.close(), this.#cluster.close()]);
    this.#index.close();
  }

  /** The entry goes first: while it stands, the cluster peer pins the part again. */
  async #takeOff(cid: string, signal: AbortSignal): Promise<void> {
    // The peer would make that entry afterwards.
    if (this.#cluster.isEntering(cid)) throw new VaultError('VAULT_TIMEOUT');
    await this.#persistent(signal, () => this.#cluster.unpin(cid, signal));
    await this.#removePin(cid, signal);
  }

  async #removePin(cid: string, signal: AbortSignal): Promise<void> {
    if (this.#reach.isReached(cid, cid)) await this.#kubo.pins.keepFirstAlone(cid, signal);
    else await this.#kubo.pins.remove(cid, signal);
    this.#reach.forget(cid);
  }

  /**
   * Makes the pin of a part, if that is accepted. Removals wait for it: so it has little time, once its turn has come. It is
   * noted before the next removal, also when this process does not know whether the node made it; false says that it did not.
   */
  #pinning(
    { cid, blocks }: Pick<StoredPart, 'cid' | 'blocks'>,
    { accepts, signal, deadlineMs }: KeepLimits & Readonly<{ signal: AbortSignal; deadlineMs: number }>,
    work: (signal: AbortSignal) => Promise<boolean>,
  ): Promise<boolean> {
    return this.#inGate(signal, deadlineMs, async (within) => {
      requireAccepted(accepts, blocks);
      let isMade = true;
      try {
        isMade = await work(within);
        return isMade;
      } finally {
        if (isMade) this.#reach.made(cid, blocks);
      }
    });
  }

  #inGate<T>(signal: AbortSignal, deadlineMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#gate.pinning(
      () => this.#limited({ signal, deadlineMs }, deadlineMs, 'VAULT_TIMEOUT', work),
      signal,
    );
  }

  #limited<T>(
    limits: CallLimits,
    defaultDeadlineMs: number,
    late: VaultErrorCode,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return limited({ clock: this.#clock, limits, defaultDeadlineMs, late }, call);
  }

  #persistent<T>(signal: AbortSignal, call: () => Promise<T>, attempts = ATTEMPTS): Promise<T> {
    return persistent(this.#clock, signal, attempts, call);
  }
}
