// SPDX-License-Identifier: Apache-2.0
import { blockName, canonicalCid, checkedCid, namesOthers } from '../cid.js';
import { systemClock } from '../clock.js';
import { limited, requireAccepted } from '../limited.js';
import { assertNotEmpty, partDag } from '../part-dag.js';
import { MAX_PART_BYTES, type CallLimits, type HealReport, type KeepLimits } from '../vault.js';
import type { Removal, StoredPart, Vault, VaultStatus } from '../vault.js';
import { VaultError, type VaultErrorCode } from '../vault-error.js';
import { isGood, keep, partOn, type HeldPart, type MemoryDisk, type MemorySwarm } from './memory-swarm.js';

const DEADLINE_MS = 1_000;
const POLL_MS = 5;

/** The vault of one hospital of an in-memory swarm, for tests of those who use a vault. */
export class MemoryVault implements Vault {
  readonly #swarm: MemorySwarm;
  readonly #hospital: string;
  readonly #disk: MemoryDisk;

  constructor(swarm: MemorySwarm, hospital: string) {
    this.#swarm = swarm;
    this.#hospital = hospital;
    this.#disk = swarm.diskOf(hospital);
  }

  addPart(bytes: Uint8Array, limits?: CallLimits): Promise<StoredPart> {
    return this.#whenUp(limits, () => {
      assertNotEmpty(bytes);
      const part = partDag(bytes);
      keep(this.#disk, part.cid, { part, bytes: bytes.slice() });
      return part;
    });
  }

  pin(cid: string, limits: KeepLimits): Promise<void> {
    return this.#whenUp(limits, () => {
      requireAccepted(limits.accepts, [checkedCid(cid)]);
      this.#disk.entered.add(cid);
      const held = this.#swarm.find(cid);
      if (held !== undefined) keep(this.#disk, cid, held);
    });
  }

  getPart(cid: string, expectedSize: number, limits?: CallLimits): Promise<Uint8Array> {
    return this.#until(limits, 'PART_NOT_FOUND', () => {
      checkedCid(cid);
      if (expectedSize > MAX_PART_BYTES) throw new VaultError('PART_TOO_LARGE');
      const own = this.#disk.parts.get(cid);
      // As Kubo does with HashOnRead: a bad block on the own disk is an error, until it was healed.
      if (own !== undefined && !isGood(own)) throw new VaultError('PART_CORRUPT');
      const held = this.#swarm.find(cid);
      if (held !== undefined && held.bytes.length !== expectedSize) throw new VaultError('PART_INCOMPLETE');
      // A node keeps what it fetched for a reader, without a pin.
      if (held !== undefined && !this.#disk.parts.has(cid)) this.#disk.parts.set(cid, held);
      return held?.bytes.slice();
    });
  }

  hold(cid: string, limits: KeepLimits): Promise<void> {
    return this.#until(limits, 'PART_NOT_FOUND', () => {
      requireAccepted(limits.accepts, [checkedCid(cid)]);
      const found = this.#swarm.find(cid);
      if (found === undefined) return undefined;
      requireAccepted(limits.accepts, [cid, ...found.part.blocks]);
      keep(this.#disk, cid, found);
      return { held: true };
    }).then(() => undefined);
  }

  holds(cid: string, limits?: CallLimits): Promise<boolean> {
    return this.#whenUp(limits, () => {
      const here = partOn(this.#disk, checkedCid(cid));
      return this.#disk.pinned.has(cid) && here !== undefined;
    });
  }

  blocksHere(cid: string, limits?: CallLimits): Promise<readonly string[]> {
    return this.#whenUp(limits, () => partOn(this.#disk, canonicalCid(cid))?.part.blocks ?? [cid]);
  }

  blocksOf(cid: string, patienceMs: number, limits?: CallLimits): Promise<readonly string[] | null> {
    return this.#whenUp(limits, () => {
      if (!namesOthers(canonicalCid(cid))) return [cid];
      const known = partOn(this.#disk, cid) ?? (patienceMs > 0 ? this.#swarm.find(cid) : undefined);
      return known?.part.blocks ?? null;
    });
  }

  listHeld(limits?: CallLimits): Promise<readonly string[]> {
    return this.#whenUp(limits, () => [...this.#disk.pinned]);
  }

  listPins(limits?: CallLimits): Promise<readonly string[]> {
    return this.#whenUp(limits, () => [...this.#disk.entered]);
  }

  removePart(
    cid: string,
    blocks: readonly string[],
    limits?: Parameters<Vault['removePart']>[2],
  ): Promise<Removal> {
    return this.#whenUp(limits, () => {
      [cid, ...blocks].forEach(canonicalCid);
      const links = partOn(this.#disk, cid)?.part.blocks ?? [];
      const all = [
        ...new Set([cid, ...blocks, ...links.filter((block) => blockName(block) !== blockName(cid))]),
      ];
      const going = new Set(all.map(blockName));
      const reaching = [...this.#disk.pinned].filter((pin) =>
        partOn(this.#disk, pin)?.part.blocks.some((block) => going.has(blockName(block))),
      );
      for (const pin of [cid, ...reaching.filter((one) => limits?.spares?.(one) === false)]) {
        this.#disk.entered.delete(pin);
        this.#disk.pinned.delete(pin);
      }
      limits?.found?.(this.#lying(all));
      const removed = this.#removeLoose(all);
      const left = this.#lying(all);
      // What is left has a pin of its own.
      const [gone, released] = [left.length === 0, true];
      return { cid, gone, released, stillPinned: false, removed, blocksPresent: left };
    });
  }

  async *listOrphans(limits?: CallLimits): AsyncGenerator<readonly string[]> {
    yield await this.#whenUp(limits, () => this.#orphans().flatMap(({ part }) => part.blocks));
  }

  removeBlocks(blocks: readonly string[], limits?: CallLimits): Promise<readonly string[]> {
    return this.#whenUp(limits, () => {
      blocks.forEach(canonicalCid);
      return this.#removeLoose(blocks);
    });
  }

  healPart(cid: string, limits?: CallLimits): Promise<HealReport> {
    return this.#whenUp(limits, () => {
      const own = this.#disk.parts.get(checkedCid(cid));
      if (own === undefined || isGood(own)) return { healthy: true, healed: 0, lost: 0 };
      if (!this.#disk.pinned.has(cid)) {
        this.#disk.parts.delete(cid);
        const isFound = this.#swarm.find(cid) !== undefined;
        return { healthy: isFound, healed: isFound ? 1 : 0, lost: isFound ? 0 : 1 };
      }
      const bad = [...this.#disk.parts.values()].filter((held) => !isGood(held)).map(({ part }) => part.cid);
      for (const one of bad) this.#disk.parts.delete(one);
      this.#swarm.recover();
      const healed = this.#disk.parts.has(cid);
      return { healthy: healed, healed: healed ? 1 : 0, lost: healed ? 0 : 1 };
    });
  }

  status(): Promise<VaultStatus> {
    const up = !this.#swarm.absent.has(this.#hospital);
    const hospitals = this.#swarm.hospitals.map((hospital) => ({
      hospital,
      healthy: !this.#swarm.absent.has(hospital),
    }));
    return Promise.resolve({
      kuboReachable: up,
      clusterReachable: up,
      swarmPeers: up ? this.#swarm.present().length - 1 : 0,
      hospitals: up ? hospitals : [],
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Those of the blocks that lie here under any codec. */
  #lying(blocks: readonly string[]): readonly string[] {
    const here = new Set([...this.#disk.parts.values()].flatMap(({ part }) => part.blocks).map(blockName));
    return blocks.filter((block) => here.has(blockName(block)));
  }

  /** Removes the parts that have a named block, but for those that a pin of any codec reaches. */
  #removeLoose(blocks: readonly string[]): readonly string[] {
    const named = new Set(blocks.map(blockName));
    const loose = this.#orphans().filter(({ part }) =>
      part.blocks.some((block) => named.has(blockName(block))),
    );
    for (const { part } of loose) this.#disk.parts.delete(part.cid);
    return loose.flatMap(({ part }) => part.blocks);
  }

  #orphans(): readonly HeldPart[] {
    const pinned = new Set([...this.#disk.pinned].map(blockName));
    return [...this.#disk.parts.values()].filter(({ part }) => !pinned.has(blockName(part.cid)));
  }

  #whenUp<T>(limits: CallLimits | undefined, call: () => T): Promise<T> {
    return this.#until(limits, 'VAULT_TIMEOUT', () => ({ value: call() })).then(({ value }) => value);
  }

  #until<T>(limits: CallLimits = {}, late: VaultErrorCode, look: () => T | undefined): Promise<T> {
    const how = { clock: systemClock, limits, defaultDeadlineMs: DEADLINE_MS, late };
    return limited(how, async (signal) => {
      for (;;) {
        if (this.#swarm.absent.has(this.#hospital)) throw new VaultError('VAULT_UNAVAILABLE');
        const found = look();
        if (found !== undefined) return found;
        await systemClock.sleep(POLL_MS, signal);
      }
    });
  }
}
