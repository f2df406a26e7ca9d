// SPDX-License-Identifier: Apache-2.0
import { blockName } from '../cid.js';
import { partDag } from '../part-dag.js';
import type { StoredPart } from '../vault.js';
import { withOtherCodec } from './with-other-codec.js';

/** A part on a disk; its bytes may have been spoilt. */
export interface HeldPart {
  readonly part: StoredPart;
  readonly bytes: Uint8Array;
}

/** One hospital in memory: the parts on its disk, those that its node pins, and those that its own pinset names. */
export interface MemoryDisk {
  readonly parts: Map<string, HeldPart>;
  readonly pinned: Set<string>;
  readonly entered: Set<string>;
}

/** The swarm that in-memory vaults share; a test may take hospitals away and spoil parts. */
export class MemorySwarm {
  readonly hospitals: readonly string[];
  readonly absent = new Set<string>();
  readonly #disks: ReadonlyMap<string, MemoryDisk>;

  constructor(hospitals: readonly string[]) {
    this.hospitals = hospitals;
    this.#disks = new Map(
      hospitals.map((hospital) => [
        hospital,
        { parts: new Map(), pinned: new Set<string>(), entered: new Set<string>() },
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

  /** Has a hospital's node remove whatever it does not pin. */
  collectGarbage(hospital: string): void {
    const { parts, pinned } = this.diskOf(hospital);
    const kept = new Set([...pinned].map(blockName));
    for (const cid of [...parts.keys()]) if (!kept.has(blockName(cid))) parts.delete(cid);
  }

  /** Has every cluster peer that is there pin again, at its own node, what its own pinset names. */
  recover(): void {
    for (const hospital of this.present()) {
      const disk = this.diskOf(hospital);
      for (const cid of disk.entered) {
        const held = this.find(cid);
        if (held !== undefined) keep(disk, cid, held);
      }
    }
  }

  /** A good copy at any present hospital. */
  find(cid: string): HeldPart | undefined {
    const copies = this.present().map((hospital) => partOn(this.diskOf(hospital), cid));
    return copies.find((copy) => copy !== undefined && isGood(copy));
  }

  /** What the pinset of any hospital names. */
  entered(): ReadonlySet<string> {
    return new Set(this.hospitals.flatMap((hospital) => [...this.diskOf(hospital).entered]));
  }

  /** The hospitals that are there and pin a part. */
  holdersOf(cid: string): readonly string[] {
    return this.present().filter((hospital) => this.diskOf(hospital).pinned.has(cid));
  }
}

/** Pins a whole part on a disk. */
export function keep(disk: MemoryDisk, cid: string, held: HeldPart): void {
  disk.parts.set(held.part.cid, held);
  disk.pinned.add(cid);
}

/** A part on a disk under any codec of its identifier, as Kubo keeps blocks. */
export function partOn({ parts }: MemoryDisk, cid: string): HeldPart | undefined {
  return parts.get(cid) ?? parts.get(withOtherCodec(cid));
}

/** Tells whether a part's bytes are those that it was stored with. */
export function isGood({ part, bytes }: HeldPart): boolean {
  return partDag(bytes).cid === part.cid;
}
