// SPDX-License-Identifier: Apache-2.0
import type { RecordId } from '@tutela/chaincode/domain';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { storeNote } from './erasure.js';
import type { Scene } from './scene.js';
import type { TestGateway } from './test-consortium.js';

const MIB = 1024 * 1024;

/** A record of alder's patient, and its only part. */
export type StoredPart = Readonly<{ recordId: RecordId; cid: string }>;

/** Stores a record of one part, which every hospital then holds; other hospitals do not know the record yet. */
export async function storePart(scene: Scene, content: string | Uint8Array): Promise<StoredPart> {
  const { pinned } = scene.alder.disk;
  const before = new Set(pinned);
  const { recordId } = await storeNote(scene, content);
  const [cid = ''] = [...pinned].filter((one) => !before.has(one));
  return { recordId, cid };
}

/** Whether a hospital holds a block, in any part and under any identifier. */
export function hasBlock({ disk }: TestGateway, block: string): boolean {
  const names = [block, withOtherCodec(block)];
  return [...disk.parts.values()].some(({ part }) => part.blocks.some((one) => names.includes(one)));
}

/** The first leaf of a part, stored by a hospital as a part of its own. */
export async function leafAsPart({ consortium }: Scene, { deps }: TestGateway, cid: string): Promise<string> {
  const held = consortium.swarm.find(cid);
  const leaf = await deps.storage.add((held?.bytes ?? new Uint8Array()).subarray(0, MIB));
  if (held?.part.blocks.includes(leaf.cid) !== true) throw new Error('not a leaf of the part in this test');
  return leaf.cid;
}
