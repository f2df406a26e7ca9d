// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { blockLength, createWriter, headerLength } from '@ipld/car/buffer-writer';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createDigest } from 'multiformats/hashes/digest';
import { MAX_PART_BYTES, type StoredPart } from './vault.js';
import { isVaultError, VaultError } from './vault-error.js';

const LEAF_BYTES = 1024 * 1024;
const SHA2_256 = 0x12;
const SHA2_256_BYTES = 32;
const MAX_LEAVES = Math.ceil(MAX_PART_BYTES / LEAF_BYTES);
/** The longest first block that names others, in bytes: each name takes some forty. */
export const MAX_FIRST_BYTES = 4_096;

/** Refuses a part without bytes with a RangeError: an empty block never reaches another node (seen with Kubo 0.43). */
export function assertNotEmpty(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new RangeError('a part has at least one byte');
}

/** A block with its bytes. */
export interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Computes a part's identifier and blocks as the profile unixfs-v1-2025 does (IPIP-499: CIDv1, raw leaves of 1 MiB, one root). */
export function partDag(bytes: Uint8Array): StoredPart {
  return partOf(partBlocks(bytes), bytes.length);
}

/** The part of some blocks, the first one first, with so many bytes of content. */
export function partOf(blocks: readonly Block[], size: number): StoredPart {
  const names = new Set(blocks.map(({ cid }) => cid.toString()));
  const [cid = ''] = names;
  return { cid, size, blocks: [...names] };
}

/** The blocks of a part with their bytes, the first one first. */
export function partBlocks(bytes: Uint8Array): readonly Block[] {
  if (bytes.length > MAX_PART_BYTES) throw new VaultError('PART_TOO_LARGE');
  const leaves = leavesOf(bytes);
  if (isOneBlock(bytes.length)) return leaves;
  return [rootOf(leaves.map(({ cid, bytes: { length } }) => ({ cid, length }))), ...leaves];
}

/** Blocks as one archive (CARv1), the first one as its root. */
export function archiveOf(blocks: readonly Block[]): Uint8Array {
  const roots = blocks.slice(0, 1).map(({ cid }) => cid);
  const size = blocks.reduce((sum, block) => sum + blockLength(block), headerLength({ roots }));
  const writer = createWriter(new ArrayBuffer(size), { roots });
  for (const block of blocks) writer.write(block);
  return writer.close();
}

/**
 * The blocks below a part's first one, as that one names them; BAD_CID for what no part is: more of them than a part
 * has, ones that are not as {@link partDag} makes them, or a first block that is too long or cannot be read.
 */
export function blocksBelow(first: Uint8Array): readonly CID[] {
  const below = first.length > MAX_FIRST_BYTES ? null : linked(first);
  if (below === null || below.length > MAX_LEAVES || !below.every(isLeaf)) throw new VaultError('BAD_CID');
  return below;
}

/** A block of a part's content: where its bytes stand there, and how many they are. */
export interface Leaf {
  readonly cid: CID;
  readonly at: number;
  readonly length: number;
}

/** Whether the first block of a part of so many bytes is all of its content, and names no others. */
export function isOneBlock(size: number): boolean {
  return size <= LEAF_BYTES;
}

/** The blocks of a part's content by its first one; PART_INCOMPLETE where that is not the first block of so many bytes. */
export function leavesBelow(first: Uint8Array, size: number): readonly Leaf[] {
  const places = placesOf(size);
  const leaves = blocksBelow(first).flatMap((cid, index) => {
    const place = places[index];
    return place === undefined ? [] : [{ cid, ...place }];
  });
  const isWhole = leaves.length === places.length && Buffer.compare(rootOf(leaves).bytes, first) === 0;
  if (!isWhole) throw new VaultError('PART_INCOMPLETE');
  return leaves;
}

/**
 * The blocks of a part by its first one, that one first; null for what no part is. What lies below any other block counts
 * for nothing: no upload made it.
 */
export function blocksOfPart(cid: string, first: Uint8Array): readonly string[] | null {
  const { code } = CID.parse(cid);
  if (code === raw.code) return [cid];
  if (code !== dagPb.code) return null;
  try {
    return [cid, ...blocksBelow(first).map(String)];
  } catch (error) {
    if (isVaultError(error, 'BAD_CID')) return null;
    throw error;
  }
}

function isLeaf({ version, code, multihash }: CID): boolean {
  return (
    version === 1 && code === raw.code && multihash.code === SHA2_256 && multihash.size === SHA2_256_BYTES
  );
}

function linked(first: Uint8Array): readonly CID[] {
  try {
    return dagPb.decode(first).Links.map(({ Hash }) => Hash);
  } catch (cause) {
    throw new VaultError('BAD_CID', { cause });
  }
}

function leavesOf(bytes: Uint8Array): readonly Block[] {
  return placesOf(bytes.length).map(({ at, length }) => blockOf(raw.code, bytes.subarray(at, at + length)));
}

/** Where the leaves of so many bytes stand. */
function placesOf(size: number): readonly Omit<Leaf, 'cid'>[] {
  return Array.from({ length: Math.max(1, Math.ceil(size / LEAF_BYTES)) }, (_, index) => {
    const at = index * LEAF_BYTES;
    return { at, length: Math.min(LEAF_BYTES, size - at) };
  });
}

function rootOf(leaves: readonly Omit<Leaf, 'at'>[]): Block {
  const blockSizes = leaves.map(({ length }) => BigInt(length));
  const links = leaves.map(({ cid, length }) => ({ Name: '', Hash: cid, Tsize: length }));
  const node = dagPb.prepare({ Data: new UnixFS({ type: 'file', blockSizes }).marshal(), Links: links });
  return blockOf(dagPb.code, dagPb.encode(node));
}

function blockOf(codec: number, bytes: Uint8Array): Block {
  const digest = createDigest(SHA2_256, createHash('sha256').update(bytes).digest());
  return { cid: CID.createV1(codec, digest), bytes };
}
