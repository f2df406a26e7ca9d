// SPDX-License-Identifier: Apache-2.0
import { blockName } from '../cid.js';
import { partDag } from '../part-dag.js';
import type { PinEntry, PinKind, PinState, StoredPart } from '../vault.js';
import { VaultError } from '../vault-error.js';
import { withOtherCodec } from './with-other-codec.js';

/** A part on a disk; its bytes may have been spoilt. */
export interface HeldPart {
  readonly part: StoredPart;
  readonly bytes: Uint8Array;
}

/** The disk of one hospital in memory: parts, the parts that its node pins, and those that it pins by the first block alone. */
export interface MemoryDisk {
  readonly parts: Map<string, HeldPart>;
  readonly pinned: Set<string>;
  readonly direct: Set<string>;
}

/** The swarm that in-memory vaults share; a test may take hospitals away and spoil parts. */
export class MemorySwarm {
  readonly hospitals: readonly string[];
  readonly absent = new Set<string>();
  readonly pins = new Map<string, PinEntry>();
  readonly #disks: ReadonlyMap<string, MemoryDisk>;

  constructor(hospitals: readonly string[]) {
    this.hospitals = hospitals;
    this.#disks = new Map(
      hospitals.map((hospital) => [
        hospital,
        { parts: new Map(), pinned: new Set<string>(), direct: new Set<string>() },
      ]),
    );
  }

  /** What one hospital has. */
  diskOf(hospital: string): MemoryDisk {
    const disk = this.#disks.get(hospital);
    if (disk === undefined) throw new RangeError('no such hospital');
    return disk;
  }

  /** The hospitals that are there now. */
  present(): readonly string[] {
    return this.hospitals.filter((hospital) => !this.absent.has(hospital));
  }

  /** Allocates as the cluster does: who holds it keeps it, others are added up to `max` where fewer than `min` hold it, and fewer than `min` in the end is refused. */
  pin(cid: string, min: number, max: number): void {
    this.#requireChangeable(cid);
    const before = this.pins.get(cid)?.allocations ?? [];
    const kept = before.filter((hospital) => !this.absent.has(hospital));
    const others = kept.length < min ? this.present().filter((hospital) => !kept.includes(hospital)) : [];
    const allocations = [...kept, ...others].slice(0, Math.max(max, kept.length));
    if (allocations.length < min) throw new VaultError('VAULT_UNAVAILABLE');
    this.pins.set(cid, {
      cid,
      kind: 'recursive',
      allocations,
      replicationMin: min,
      replicationMax: max,
    });
    this.replicate();
  }

  /** Withdraws a pin from the shared pinset; every node keeps its own. */
  unpin(cid: string): void {
    this.#requireChangeable(cid);
    this.pins.delete(cid);
  }

  /** Writes an entry anew, as every cluster peer can. */
  rewrite(
    cid: string,
    kind: PinKind,
    allocations: readonly string[] = this.pins.get(cid)?.allocations ?? [],
  ): void {
    this.pins.set(cid, {
      replicationMin: 1,
      replicationMax: 3,
      ...this.pins.get(cid),
      cid,
      kind,
      allocations,
    });
    this.replicate();
  }

  /** Has a hospital's node remove whatever it does not pin, as every cluster peer may ask of any other. */
  collectGarbage(hospital: string): void {
    const { parts, pinned } = this.diskOf(hospital);
    const kept = new Set([...pinned].map(blockName));
    for (const cid of [...parts.keys()]) if (!kept.has(blockName(cid))) parts.delete(cid);
  }

  /** Copies pinned parts to the present hospitals that should hold them. */
  replicate(): void {
    for (const { cid, kind, allocations } of this.pins.values()) {
      const held = this.find(cid);
      if (held === undefined) continue;
      for (const hospital of allocations.filter((name) => !this.absent.has(name)))
        if (kind === 'recursive') keep(this.diskOf(hospital), cid, held);
        else if (!this.diskOf(hospital).pinned.has(cid)) this.diskOf(hospital).direct.add(cid);
    }
  }

  /** A good copy at any present hospital. */
  find(cid: string): HeldPart | undefined {
    const copies = this.present().map((hospital) => partOn(this.diskOf(hospital), cid));
    return copies.find((copy) => copy !== undefined && isGood(copy));
  }

  /** Who holds a part, of those who should; of what an entry asks for in part a hospital confirms no more than that. */
  state(cid: string): PinState {
    const { allocations = [], kind } = this.pins.get(cid) ?? {};
    const isWhole = kind === 'recursive';
    const holds = (hospital: string) => !this.absent.has(hospital) && this.diskOf(hospital).pinned.has(cid);
    const failedAt = allocations.filter((hospital) => this.absent.has(hospital));
    return { cid, pinnedBy: isWhole ? allocations.filter(holds) : [], failedAt, allocations, isWhole };
  }

  #requireChangeable(cid: string): void {
    if (this.pins.get(cid)?.kind === 'fixed') throw new VaultError('VAULT_UNAVAILABLE');
  }
}

/** Pins a whole part on a disk. */
export function keep(disk: MemoryDisk, cid: string, held: HeldPart): void {
  disk.parts.set(held.part.cid, held);
  disk.pinned.add(cid);
  disk.direct.delete(cid);
}

/** A part on a disk under any codec of its identifier, as Kubo keeps blocks. */
export function partOn({ parts }: MemoryDisk, cid: string): HeldPart | undefined {
  return parts.get(cid) ?? parts.get(withOtherCodec(cid));
}

/** Tells whether a part's bytes are those that it was stored with. */
export function isGood({ part, bytes }: HeldPart): boolean {
  return partDag(bytes).cid === part.cid;
}
