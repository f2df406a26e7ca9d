// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { CID, create, type KuboRPCClient } from 'kubo-rpc-client';
import * as raw from 'multiformats/codecs/raw';
import { z } from 'zod';
import { healCounts, type HealCounts } from './heal-output.js';
import { answered, bytesOf, eachLine, listed, listLines, NOTHING_THERE, unlessSaid } from './kubo-calls.js';
import { KuboPins } from './kubo-pins.js';
import {
  archiveOf,
  blocksBelow,
  blocksOfPart,
  isOneBlock,
  leavesBelow,
  MAX_FIRST_BYTES,
} from './part-dag.js';
import type { Block, Leaf } from './part-dag.js';
import { allEnded, together } from './policy/batches.js';
import { openSocketRoute, type SocketRoute } from './socket-fetch.js';
import { isVaultError, VaultError } from './vault-error.js';

const blockLine = z.object({ Ref: z.string(), Err: z.literal('').default('') });

/** This hospital's Kubo node over its Unix socket; every call takes a signal, every error is a VaultError. */
export class KuboNode {
  readonly #socketPath: string;
  readonly #route: SocketRoute;
  readonly #rpc: KuboRPCClient;
  readonly pins: KuboPins;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#route = openSocketRoute(socketPath);
    this.#rpc = create({ url: `${this.#route.origin}/api/v0` });
    this.pins = new KuboPins(socketPath, this.#rpc);
  }

  /**
   * Puts blocks on this node's disk, and pins nothing. Kubo's `add` would leave one more block for each part: a directory
   * that names it; and `block/put` takes two writes to the disk for each block.
   */
  async put(blocks: readonly Block[], signal: AbortSignal): Promise<void> {
    const imported = this.#rpc.dag.import([archiveOf(blocks)], { pinRoots: false, signal });
    await answered(
      listed(imported, ({ root }) => root),
      signal,
    );
  }

  /**
   * Reads a part of exactly `size` bytes; PART_INCOMPLETE where it has another size. Kubo's `cat` would fetch whatever tree
   * lies below an identifier, however large; here the node is asked only for the blocks that a part of this size has. Where
   * a block below the first is spoilt on this node's disk, `cat` reads the part: only `cat` takes such a block from the
   * swarm. It does not for a spoilt first block: then the part is PART_CORRUPT until it is healed. `reads` is called with
   * the blocks before they are fetched.
   */
  async read(
    cid: string,
    size: number,
    signal: AbortSignal,
    reads: (blocks: readonly string[]) => void,
  ): Promise<Uint8Array> {
    reads([cid]);
    const leaves = await this.#leaves(cid, size, signal);
    reads(leaves.map((leaf) => leaf.cid.toString()));
    try {
      return await this.#readEach(leaves, size, signal);
    } catch (error) {
      if (!isVaultError(error, 'PART_CORRUPT')) throw error;
      return answered(collect(this.#rpc.cat(CID.parse(cid), { signal }), size), signal);
    }
  }

  /** The blocks of a part, its first one first, which is fetched from the swarm if it is not here; BAD_CID for what is no part. */
  async blocksOf(cid: string, signal: AbortSignal): Promise<readonly string[]> {
    const part = CID.parse(cid);
    if (part.code !== dagPb.code) return [cid];
    return [cid, ...blocksBelow(await this.#first(part, signal)).map(String)];
  }

  /** Has blocks on this node's own disk; the first that cannot be had ends the others. */
  async fetch(blocks: readonly string[], signal: AbortSignal): Promise<void> {
    await together(blocks, signal, (block, within) =>
      answered(this.#rpc.block.stat(CID.parse(block), { signal: within }), within),
    );
  }

  /** Pins a part of which all blocks are here; false when one is not, or has other bytes than it should. */
  async pinWhole(cid: string, blocks: readonly string[], signal: AbortSignal): Promise<boolean> {
    const here = await allEnded(blocks.map((block) => this.hasGoodBlock(block, signal)));
    return !here.includes(false) && this.pins.keep(cid, blocks, signal);
  }

  /** The blocks of a part by its first one on this node's own disk, that one first; null when it is not here, or no part's. */
  async blocksHere(cid: string, signal: AbortSignal): Promise<readonly string[] | null> {
    const first = await this.ownBlock(cid, signal);
    return first === null ? null : blocksOfPart(cid, first);
  }

  /** Tells whether a block lies on this node's own disk, with whatever bytes. */
  async hasBlock(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#onDisk(cid, signal)) !== 'missing';
  }

  /** Tells whether a block lies on this node's own disk, with the bytes that its identifier says. */
  async hasGoodBlock(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#onDisk(cid, signal)) === 'good';
  }

  /** Tells whether a block lies on this node's own disk, with other bytes than its identifier says. */
  async hasBadBlock(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#onDisk(cid, signal)) === 'bad';
  }

  /**
   * The blocks of a part that lie on this node's own disk with other bytes than their identifiers say, and those that do not
   * lie there, as far as its first one is good and names them. Where this node pins the part it has it whole, so no author
   * brings that about.
   */
  async faultsOf(
    cid: string,
    signal: AbortSignal,
  ): Promise<Readonly<{ bad: readonly string[]; missing: readonly string[] }>> {
    const faults = { bad: [] as string[], missing: [] as string[] };
    for (const block of (await this.blocksHere(cid, signal)) ?? [cid]) {
      const found = await this.#onDisk(block, signal);
      if (found !== 'good') faults[found].push(block);
    }
    return faults;
  }

  /**
   * A block on this node's own disk; null when it is not there, or has other bytes than its identifier says. Another
   * failure throws: what cannot be read for the moment is not lost.
   */
  async ownBlock(block: string, signal: AbortSignal): Promise<Uint8Array | null> {
    try {
      const options = { signal, offline: true };
      const read = answered(this.#rpc.block.get(CID.parse(block), options), signal);
      return await unlessSaid<Uint8Array | null>(NOTHING_THERE.block, read, null);
    } catch (error) {
      if (isVaultError(error, 'PART_CORRUPT')) return null;
      throw error;
    }
  }

  /**
   * Removes blocks from this node's disk, with the pins that keep each of them alone. The node spares the first block of a
   * part that it pins by the same identifier, and not by another codec.
   */
  async removeBlocks(cids: readonly string[], signal: AbortSignal): Promise<void> {
    for (const cid of cids) await this.pins.release(cid, signal);
    const removals = this.#rpc.block.rm(
      cids.map((cid) => CID.parse(cid)),
      { force: true, signal },
    );
    await answered(
      listed(removals, (removal) => removal.cid.toString()),
      signal,
    );
  }

  /** All blocks on this node's disk, however many, each as it is asked for. */
  async *localBlocks(signal: AbortSignal): AsyncGenerator<string> {
    const posted = { socketPath: this.#socketPath, path: '/api/v0/refs/local' };
    for await (const line of listLines(posted, signal)) yield blockIn(line);
  }

  /** How many nodes of the swarm are connected. */
  async swarmPeers(signal: AbortSignal): Promise<number> {
    const connections = await answered(this.#rpc.swarm.peers({ signal }), signal);
    return new Set(connections.map(({ peer }) => peer.toString())).size;
  }

  /** Checks every block and fetches corrupt ones anew. */
  async verifyAndHeal(signal: AbortSignal): Promise<HealCounts> {
    const path = '/api/v0/repo/verify?heal=true&heal-timeout=10s';
    const lines: string[] = [];
    const streamError = await eachLine({ socketPath: this.#socketPath, path }, signal, (line) => {
      lines.push(line);
    });
    return healCounts(lines, streamError);
  }

  async close(): Promise<void> {
    await this.#route.close();
  }

  async #onDisk(cid: string, signal: AbortSignal): Promise<'good' | 'bad' | 'missing'> {
    const options = { signal, offline: true };
    const stat = answered(this.#rpc.block.stat(CID.parse(cid), options), signal).then(() => 'good' as const);
    try {
      return await unlessSaid<'good' | 'missing'>(NOTHING_THERE.block, stat, 'missing');
    } catch (error) {
      if (isVaultError(error, 'PART_CORRUPT')) return 'bad';
      throw error;
    }
  }

  async #readEach(leaves: readonly Leaf[], size: number, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    await together(leaves, signal, async (leaf, within) => {
      const read = await this.#fetched(leaf.cid, leaf.length, within);
      if (read?.length !== leaf.length) throw new VaultError('PART_INCOMPLETE');
      bytes.set(read, leaf.at);
    });
    return bytes;
  }

  /** The blocks of the content of a part of so many bytes, by its first one. */
  async #leaves(cid: string, size: number, signal: AbortSignal): Promise<readonly Leaf[]> {
    const part = CID.parse(cid);
    const isOne = isOneBlock(size);
    if (isOne !== (part.code === raw.code)) throw new VaultError('PART_INCOMPLETE');
    return isOne ? [{ cid: part, at: 0, length: size }] : leavesBelow(await this.#first(part, signal), size);
  }

  /** A first block that names others, fetched from the swarm if it is not here. */
  async #first(part: CID, signal: AbortSignal): Promise<Uint8Array> {
    const first = await this.#fetched(part, MAX_FIRST_BYTES, signal);
    if (first === null) throw new VaultError('BAD_CID');
    return first;
  }

  /** A block, fetched from the swarm if it is not here; null where it has more than so many bytes. */
  #fetched(block: CID, most: number, signal: AbortSignal): Promise<Uint8Array | null> {
    const path = `/api/v0/block/get?arg=${block.toString()}`;
    return bytesOf(this.#route.connections, path, { most, signal });
  }
}

function blockIn(line: string): string {
  try {
    return blockLine.parse(JSON.parse(line)).Ref;
  } catch (cause) {
    throw new VaultError('VAULT_REFUSED', { cause });
  }
}

async function collect(stream: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const piece of stream) {
    if (filled + piece.length > size) throw new VaultError('PART_INCOMPLETE');
    bytes.set(piece, filled);
    filled += piece.length;
  }
  if (filled < size) throw new VaultError('PART_INCOMPLETE');
  return bytes;
}
