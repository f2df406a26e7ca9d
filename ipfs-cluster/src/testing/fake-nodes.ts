// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createDigest } from 'multiformats/hashes/digest';
import { partDag } from '../part-dag.js';
import type { SwarmVaultSettings } from '../swarm-vault.js';

const SHA2_256 = 0x12;
const IDENTITY = 0;

/** The blocks that the swarm has, by identifier. */
export const blocks = new Map<string, Uint8Array>();

/** A block that the swarm has. */
export function block(bytes: Uint8Array, codec: number = raw.code): CID {
  const digest = createDigest(SHA2_256, createHash('sha256').update(bytes).digest());
  const cid = CID.createV1(codec, digest);
  blocks.set(cid.toString(), bytes);
  return cid;
}

/** A block that names others. */
export function naming(...cids: readonly CID[]): CID {
  const links = cids.map((cid) => ({ Name: '', Hash: cid, Tsize: 1 }));
  return block(dagPb.encode(dagPb.prepare({ Links: links })), dagPb.code);
}

/** The first block of a file of blocks that it says to have so many bytes each. */
export function fileOf(leaves: readonly Readonly<{ cid: CID; length: number }>[], padding = 0): CID {
  const blockSizes = leaves.map(({ length }) => BigInt(length));
  const data = Buffer.concat([
    new UnixFS({ type: 'file', blockSizes }).marshal(),
    // A field that no reader knows.
    ...(padding > 0 ? [Buffer.from([0xfa, 0x01, padding]), Buffer.alloc(padding)] : []),
  ]);
  const links = leaves.map(({ cid, length }) => ({ Name: '', Hash: cid, Tsize: length }));
  return block(dagPb.encode(dagPb.prepare({ Data: data, Links: links })), dagPb.code);
}

/** A block that every node has, for its identifier is its bytes. */
export function inline(text: string): CID {
  return CID.createV1(raw.code, createDigest(IDENTITY, Buffer.from(text)));
}

/** A block under a digest that is cut short. */
export function cutShort(text: string): CID {
  const digest = createHash('sha256').update(text).digest().subarray(0, 20);
  return CID.createV1(raw.code, createDigest(SHA2_256, digest));
}

/** Blocks that name no others. */
export function leaves(count: number): readonly CID[] {
  return Array.from({ length: count }, (_, index) => block(Buffer.from(`leaf ${String(index)}`)));
}

/** A block that no node of the swarm has. */
export function lost(name: string): CID {
  return CID.parse(partDag(Buffer.from(name)).cid);
}

/** A Kubo node and a cluster peer of one hospital, as far as a vault asks them. */
export class FakeNodes {
  readonly #folder: string;
  /** The direct pins of the node, each with its name. */
  readonly pinned = new Map<string, string>();
  /** The pinset, each entry with its mode. */
  readonly entered = new Map<string, string>();
  /** What the node was asked, and for which blocks. */
  readonly asked: string[] = [];
  readonly blocksAsked: string[] = [];
  /** The blocks that the swarm has, and this node not before it is asked for them. */
  readonly elsewhere = new Set<string>();
  /** So many calls look for a block that the swarm does not have. */
  waiting = 0;
  walks = 0;
  /** What the node says to every call, where that is not empty. */
  refusal = '';
  /** How long the node takes for a pin without a name. */
  namelessMs = 0;
  /** Whether the node answers no block. */
  isSlow = false;
  /** So many entries the cluster peer refuses, as one does that has just begun. */
  refusedEntries = 0;
  /** Blocks that lie on the node's disk with other bytes; once one is removed, the node finds what the swarm has. */
  readonly spoilt = new Set<string>();
  /** What both wait for before they answer; the node about a block. */
  before: (path: string, cid: string) => Promise<unknown> = () => Promise.resolve();
  #kubo: Server | undefined;
  #cluster: Server | undefined;

  static async start(): Promise<FakeNodes> {
    const nodes = new FakeNodes(await mkdtemp(join(tmpdir(), 'fn-')));
    await nodes.listen();
    const cluster = createServer((request, response) => void nodes.#answerOfCluster(request, response));
    await new Promise<void>((resolve) => cluster.listen(0, '127.0.0.1', resolve));
    nodes.#cluster = cluster;
    return nodes;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  settings(): SwarmVaultSettings {
    const { port } = this.#cluster?.address() as AddressInfo;
    return {
      kuboSocket: join(this.#folder, 'rpc.sock'),
      clusterUrl: `http://127.0.0.1:${String(port)}`,
      credentials: { user: 'alder', password: 'not-asked-for-000' },
      pinIndexPath: join(this.#folder, 'pins.db'),
    };
  }

  /** Has the node answer. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answerOfKubo(request, response));
    await new Promise<void>((resolve) => server.listen(join(this.#folder, 'rpc.sock'), resolve));
    this.#kubo = server;
  }

  /** Ends what the node was asked. */
  hangUp(): void {
    this.#kubo?.closeAllConnections();
  }

  /** Has the node answer no more. */
  async away(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#kubo?.close(resolve));
  }

  async close(): Promise<void> {
    this.#kubo?.close();
    this.#cluster?.close();
    await rm(this.#folder, { recursive: true });
  }

  /** Answers as a Kubo node that finds what the swarm has, and goes on looking for anything else. */
  async #answerOfKubo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://kubo');
    const cid = searchParams.get('arg') ?? '';
    this.asked.push(pathname);
    if (pathname === '/api/v0/block/get') this.blocksAsked.push(cid);
    await this.before(pathname, cid);
    const refuse = (message: string): void => {
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(JSON.stringify({ Message: message, Code: 0 }));
    };
    if (this.refusal !== '') {
      refuse(this.refusal);
      return;
    }
    const isOffline = searchParams.get('offline') === 'true';
    const found = isOffline && this.elsewhere.has(cid) ? undefined : blocks.get(cid);
    if (pathname === '/api/v0/dag/import') return;
    if (pathname === '/api/v0/block/rm') {
      response.end(this.#removed(searchParams.getAll('arg')));
      return;
    }
    if (pathname === '/api/v0/pin/rm' && this.pinned.delete(cid)) {
      response.end(JSON.stringify({ Pins: [cid] }));
      return;
    }
    const isDirect = searchParams.get('type') === 'direct';
    const lineOf = (pin: string): string =>
      JSON.stringify({ Cid: pin, Type: 'direct', Name: this.pinned.get(pin) });
    if (pathname === '/api/v0/pin/ls' && cid === '') {
      response.end(isDirect ? [...this.pinned.keys()].map(lineOf).join('\n') : '');
      return;
    }
    if (pathname === '/api/v0/block/get') this.walks += 1;
    if (pathname === '/api/v0/block/get' && this.isSlow) return;
    if (pathname === '/api/v0/pin/ls' && isDirect && this.pinned.has(cid)) response.end(lineOf(cid));
    else if (pathname === '/api/v0/pin/ls' || pathname === '/api/v0/pin/rm')
      refuse(`path '${cid}' is not pinned`);
    else if (pathname === '/api/v0/repo/verify') response.end(this.#verified());
    else if (this.spoilt.has(cid)) refuse('block in storage has different hash than requested');
    else if (found === undefined && isOffline)
      refuse(`block was not found locally (offline): ipld: could not find ${cid}`);
    else if (found === undefined) {
      this.waiting += 1;
      response.once('close', () => (this.waiting -= 1));
    } else if (pathname === '/api/v0/pin/add') {
      const name = searchParams.get('name') ?? '';
      const pin = (): void => {
        this.pinned.set(cid, name);
        response.end(JSON.stringify({ Pins: [cid] }));
      };
      if (name === '' && this.namelessMs > 0) setTimeout(pin, this.namelessMs);
      else pin();
    } else {
      this.elsewhere.delete(cid);
      response.end(
        pathname === '/api/v0/block/stat' ? JSON.stringify({ Key: cid, Size: found.length }) : found,
      );
    }
  }

  /** Removes blocks that are not pinned; of a spoilt one the swarm's is left. */
  #removed(asked: readonly string[]): string {
    const named = asked.filter((one) => !this.pinned.has(one));
    for (const one of named) if (!this.spoilt.delete(one)) blocks.delete(one);
    return named.map((Hash) => JSON.stringify({ Hash })).join('\n');
  }

  /** Checks all blocks: the node has the swarm's in place of those that are spoilt, or none. */
  #verified(): string {
    this.spoilt.clear();
    return JSON.stringify({ Msg: 'verify complete, all blocks validated.' });
  }

  async #answerOfCluster(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://cluster');
    const cid = pathname.split('/').at(-1) ?? '';
    await this.before(`${request.method ?? ''} ${pathname}`, cid);
    const linesOf = (entries: readonly (readonly [string, string])[]): string =>
      entries.map(([one, mode]) => JSON.stringify({ cid: one, mode })).join('\n');
    if (request.method === 'POST' && this.refusedEntries > 0) {
      this.refusedEntries -= 1;
      response.writeHead(500).end('not enough space');
    } else if (request.method === 'POST') {
      this.entered.set(cid, searchParams.get('mode') ?? 'recursive');
      response.end(linesOf([[cid, 'direct']]));
    } else if (request.method === 'DELETE') response.writeHead(this.entered.delete(cid) ? 200 : 404).end();
    else if (pathname === '/allocations') response.end(linesOf([...this.entered]));
    else {
      const mode = this.entered.get(cid);
      if (mode === undefined) response.writeHead(404).end();
      else response.end(linesOf([[cid, mode]]));
    }
  }
}
