// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { CID, create, type KuboRPCClient } from 'kubo-rpc-client';
import { Client } from 'undici';
import { z } from 'zod';
import { blocksBelow } from './part-dag.js';
import { openSocketRoute, type SocketRoute } from './socket-fetch.js';
import { isVaultError, VaultError, type VaultErrorCode } from './vault-error.js';
import { healCounts, type HealCounts } from './heal-output.js';

/** Longest identifiers list that is kept in memory, as a guard against a node that answers without end. */
const MAX_LISTED = 5_000_000;
/** A part of this product has fewer blocks; another’s part is checked no further. */
const MAX_CHECKED_LINKS = 64;
const EMPTY_DIRECTORY: ReadonlySet<string> = new Set([
  'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn',
  'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
]);
/** What Kubo says of a block on its disk whose bytes have changed; it does not look for a good copy by itself. */
const CORRUPT_BLOCK = 'different hash than requested';
/** What Kubo says of a block that is not on its disk, when it is not to look elsewhere. */
const MISSING_BLOCK = 'could not find';

/** This hospital's Kubo node over its Unix socket; every call takes a signal, every error is a VaultError. */
export class KuboNode {
  readonly #socketPath: string;
  readonly #route: SocketRoute;
  readonly #rpc: KuboRPCClient;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#route = openSocketRoute(socketPath);
    this.#rpc = create({ url: `${this.#route.origin}/api/v0` });
  }

  /** Adds and pins bytes in one step, so that no collection can come between; returns the identifier that the node computed. */
  async add(bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    const options = { pin: true, cidVersion: 1, rawLeaves: true, chunker: 'size-1048576', signal } as const;
    const added = await answered(this.#rpc.add(bytes, options), signal);
    return added.cid.toString();
  }

  /** Reads content of exactly `size` bytes; PART_INCOMPLETE when the stream ends before or does not end there. */
  async cat(cid: string, size: number, signal: AbortSignal): Promise<Uint8Array> {
    return answered(collect(this.#rpc.cat(CID.parse(cid), { signal }), size), signal);
  }

  /** What this node pins itself with all blocks, but for the empty directory that it pins when it is made. */
  async ownPins(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.pins(signal)).filter((cid) => !EMPTY_DIRECTORY.has(cid));
  }

  /** Everything that this node pins with all blocks: all of it, or VAULT_REFUSED. */
  async pins(signal: AbortSignal): Promise<readonly string[]> {
    return this.#pinsTold('/api/v0/pin/ls?type=recursive&stream=true', signal);
  }

  /**
   * The pins that lack a block which names others, or have it with other bytes than its identifier says. Kubo looks on its
   * own disk alone for this, and passes over blocks that name none.
   */
  async brokenPins(signal: AbortSignal): Promise<readonly string[]> {
    return this.#pinsTold('/api/v0/pin/verify?quiet=true', signal);
  }

  /** Tells whether this node itself pins an identifier recursively. */
  async isPinned(cid: string, signal: AbortSignal): Promise<boolean> {
    const pins = this.#rpc.pin.ls({ paths: [CID.parse(cid)], type: 'recursive', signal });
    const found = answered(
      listed(pins, (pin) => pin.cid.toString()),
      signal,
    );
    return unlessRefused(
      found.then((list) => list.length > 0),
      false,
    );
  }

  /** The blocks of a part, its first one first, which is fetched from the swarm if it is not here; BAD_CID for what is no part. */
  async blocksOf(cid: string, signal: AbortSignal): Promise<readonly string[]> {
    const part = CID.parse(cid);
    if (part.code !== dagPb.code) return [cid];
    const below = blocksBelow(await this.#block(part, { signal }));
    return [cid, ...below.map((block) => block.toString())];
  }

  /** Has blocks on this node's own disk; the first that cannot be had ends the others. */
  async fetch(blocks: readonly string[], signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const options = { signal: AbortSignal.any([signal, failed.signal]) };
    try {
      await Promise.all(
        blocks.map((block) => answered(this.#rpc.block.stat(CID.parse(block), options), signal)),
      );
    } finally {
      failed.abort();
    }
  }

  /**
   * Pins a part of which all blocks are here; false when one is not. A pin that waits for a block holds Kubo's pin lock,
   * so that removals wait for it, and all pins for those.
   */
  async pinWhole(cid: string, blocks: readonly string[], signal: AbortSignal): Promise<boolean> {
    const here = await Promise.all(blocks.map((block) => this.hasGoodBlock(block, signal)));
    if (here.includes(false)) return false;
    await answered(this.#rpc.pin.add(CID.parse(cid), { recursive: true, signal }), signal);
    return true;
  }

  /** The blocks that a part on this node's disk links to; none when its first block is not here. */
  async linksOf(cid: string, signal: AbortSignal): Promise<readonly string[]> {
    const options = { recursive: false, unique: true, offline: true, signal };
    const links = answered(
      listed(this.#rpc.refs(CID.parse(cid), options), ({ ref }) => ref),
      signal,
    );
    // A block that is not here is an entry without a reference.
    return (await unlessRefused(links, [])).filter((ref) => ref !== '');
  }

  /** Removes this node's own pin; removing what is not pinned is no error. */
  async removePin(cid: string, signal: AbortSignal): Promise<void> {
    await unlessRefused(
      answered(this.#rpc.pin.rm(CID.parse(cid), { recursive: true, signal }), signal),
      null,
    );
  }

  /** Tells whether a block lies on this node's own disk, with whatever bytes. */
  async hasBlock(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#onDisk(cid, signal)) !== 'missing';
  }

  /** Tells whether a block lies on this node's own disk, with the bytes that its identifier says. */
  async hasGoodBlock(cid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#onDisk(cid, signal)) === 'good';
  }

  /**
   * The blocks of a part that this node cannot read from its own disk with the bytes that their identifiers say. Where it
   * pins the part it has it whole, so no author brings that about.
   */
  async unreadableBlocks(cid: string, signal: AbortSignal): Promise<readonly string[]> {
    const first = await this.ownBlock(cid, signal);
    if (first === null) return [cid];
    const unreadable: string[] = [];
    for (const block of linksIn(cid, first))
      if ((await this.ownBlock(block, signal)) === null) unreadable.push(block);
    return unreadable;
  }

  /**
   * A block on this node's own disk; null when it is not there, or has other bytes than its identifier says. Another
   * failure throws: what cannot be read for the moment is not lost.
   */
  async ownBlock(block: string, signal: AbortSignal): Promise<Uint8Array | null> {
    try {
      return await this.#block(CID.parse(block), { signal, offline: true });
    } catch (error) {
      if (isVaultError(error, 'PART_CORRUPT') || isMissing(error)) return null;
      throw error;
    }
  }

  /** Removes blocks from this node's disk; the node spares what a pin reaches by the same identifier, and not by another codec. */
  async removeBlocks(cids: readonly string[], signal: AbortSignal): Promise<void> {
    const removals = this.#rpc.block.rm(
      cids.map((cid) => CID.parse(cid)),
      { force: true, signal },
    );
    await answered(
      listed(removals, (removal) => removal.cid.toString()),
      signal,
    );
  }

  /** All blocks on this node's disk. */
  async localBlocks(signal: AbortSignal): Promise<readonly string[]> {
    return answered(
      listed(this.#rpc.refs.local({ signal }), ({ ref }) => ref),
      signal,
    );
  }

  /** How many nodes of the swarm are connected. */
  async swarmPeers(signal: AbortSignal): Promise<number> {
    const connections = await answered(this.#rpc.swarm.peers({ signal }), signal);
    return new Set(connections.map(({ peer }) => peer.toString())).size;
  }

  /** Checks every block and fetches corrupt ones anew; kubo-rpc-client has no method for it. */
  async verifyAndHeal(signal: AbortSignal): Promise<HealCounts> {
    const path = '/api/v0/repo/verify?heal=true&heal-timeout=10s';
    const { text, streamError } = await this.#posted(path, signal);
    return healCounts(text, streamError);
  }

  async close(): Promise<void> {
    await this.#route.close();
  }

  /** The pins of an answer: all of them, or VAULT_REFUSED. */
  async #pinsTold(path: string, signal: AbortSignal): Promise<readonly string[]> {
    const { text, streamError } = await this.#posted(path, signal);
    if (streamError !== '') throw new VaultError('VAULT_REFUSED', { cause: new Error(streamError) });
    return pinnedIn(text);
  }

  /** The whole answer with the error that ended it early: Kubo sends that in a trailer, which kubo-rpc-client does not read. */
  async #posted(path: string, signal: AbortSignal): Promise<Readonly<{ text: string; streamError: string }>> {
    const client = new Client('http://localhost', {
      connect: { socketPath: this.#socketPath },
      bodyTimeout: 0,
    });
    try {
      const answer = await answered(client.request({ method: 'POST', path, signal }), signal);
      const text = await answered(answer.body.text(), signal);
      if (answer.statusCode >= 300)
        throw new VaultError('VAULT_REFUSED', { cause: new Error(text.slice(0, 500)) });
      return { text, streamError: answer.trailers['x-stream-error'] ?? '' };
    } finally {
      await client.destroy();
    }
  }

  async #onDisk(cid: string, signal: AbortSignal): Promise<'good' | 'bad' | 'missing'> {
    try {
      const options = { signal, offline: true };
      await answered(this.#rpc.block.stat(CID.parse(cid), options), signal);
      return 'good';
    } catch (error) {
      if (isVaultError(error, 'PART_CORRUPT')) return 'bad';
      if (isVaultError(error, 'VAULT_REFUSED')) return 'missing';
      throw error;
    }
  }

  async #block(
    block: CID,
    options: Readonly<{ signal: AbortSignal; offline?: boolean }>,
  ): Promise<Uint8Array> {
    return answered(this.#rpc.block.get(block, options), options.signal);
  }
}

/** The blocks that a part's first block names; `refs` leaves those out that cannot be read. What no part begins with names none. */
function linksIn(cid: string, first: Uint8Array): readonly string[] {
  if (CID.parse(cid).code !== dagPb.code) return [];
  try {
    const { Links } = dagPb.decode(first);
    return Links.slice(0, MAX_CHECKED_LINKS).map(({ Hash }) => Hash.toString());
  } catch {
    return [];
  }
}

const pinLine = z.object({ Cid: z.string() });

function pinnedIn(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  try {
    return lines.map((line) => pinLine.parse(JSON.parse(line)).Cid);
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

async function listed<T>(stream: AsyncIterable<T>, nameOf: (item: T) => string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const item of stream) {
    if (names.length >= MAX_LISTED) throw new VaultError('VAULT_REFUSED');
    names.push(nameOf(item));
  }
  return names;
}

// kubo-rpc-client throws HTTPError (with `response`) for a refusal, and a TypeError of fetch when nobody answers.
async function answered<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (signal.aborted || cause instanceof VaultError) throw cause;
    throw new VaultError(codeOf(cause), { cause });
  }
}

function codeOf(cause: unknown): VaultErrorCode {
  if (!(cause instanceof Error) || cause.name !== 'HTTPError') return 'VAULT_UNAVAILABLE';
  return cause.message.includes(CORRUPT_BLOCK) ? 'PART_CORRUPT' : 'VAULT_REFUSED';
}

function isMissing(error: unknown): boolean {
  if (!isVaultError(error, 'VAULT_REFUSED') || !(error.cause instanceof Error)) return false;
  return error.cause.message.includes(MISSING_BLOCK);
}

async function unlessRefused<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isVaultError(error, 'VAULT_REFUSED')) return otherwise;
    throw error;
  }
}
