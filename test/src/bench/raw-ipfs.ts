// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import {
  copiesFor,
  MIN_COPIES,
  openSwarmVault,
  parseRestCredentials,
  type Vault,
} from '@tutela/ipfs-cluster';
import { ACCEPTED } from '@tutela/ipfs-cluster/testing';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { setting, type Hospital } from '../support/consortium.js';
import { waitUntil } from '../support/wait.js';

const DEADLINE_MS = 600_000;
/** The product stores in parts; raw storage takes the file whole, in blocks of the same size. */
const ADD = '/api/v0/add?pin=true&cid-version=1&raw-leaves=true&chunker=size-1048576&quieter=true';
const added = z.object({ Hash: z.string() });

/** Plain Kubo of one hospital, with the others' holding copies: what one would use without the product. */
export class RawIpfs {
  readonly #kubo: Agent;
  readonly #own: Vault;
  readonly #others: readonly Vault[];
  readonly #copies: number;

  /** `threshold` is how many of the hospitals open a record. */
  constructor(own: Hospital, hospitals: readonly Hospital[], threshold: number) {
    this.#copies = Math.min(copiesFor(threshold), hospitals.length);
    this.#kubo = new Agent({
      connect: { socketPath: setting(own.gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET') },
      headersTimeout: DEADLINE_MS,
      bodyTimeout: DEADLINE_MS,
    });
    this.#own = vaultOf(own);
    this.#others = hospitals.filter(({ id }) => id !== own.id).map(vaultOf);
  }

  /** Adds bytes and waits until as many hospitals pin them as a store of the product waits for; returns the CID. */
  async add(bytes: Uint8Array): Promise<string> {
    const { boundary, body } = multipart(bytes);
    const answer = await request(`http://kubo${ADD}`, {
      method: 'POST',
      dispatcher: this.#kubo,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body,
    });
    const { Hash: cid } = added.parse(JSON.parse(await answer.body.text()));
    const copies = this.#others
      .slice(0, this.#copies - 1)
      .map((vault) => vault.hold(cid, { ...ACCEPTED, deadlineMs: DEADLINE_MS }));
    for (const copy of copies) copy.catch(() => undefined);
    const enough = Array.from({ length: MIN_COPIES - 1 }, () => Promise.any(copies));
    await Promise.all([this.#own.pin(cid, ACCEPTED), ...enough]);
    return cid;
  }

  /** Waits until as many hospitals hold these parts as shall. */
  async untilSettled(cids: readonly string[]): Promise<void> {
    await waitUntil(
      async () => {
        const lists = await Promise.all([this.#own, ...this.#others].map((vault) => vault.listHeld()));
        const holders = lists.map((held) => new Set(held));
        return cids.every((cid) => holders.filter((held) => held.has(cid)).length >= this.#copies);
      },
      { what: 'the copies', deadlineMs: DEADLINE_MS },
    );
  }

  /** Reads all of a CID's bytes and returns their number. */
  async cat(cid: string): Promise<number> {
    const answer = await request(`http://kubo/api/v0/cat?arg=${cid}`, {
      method: 'POST',
      dispatcher: this.#kubo,
    });
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) size += chunk.length;
    return size;
  }

  async close(): Promise<void> {
    await Promise.all([this.#kubo.destroy(), ...[this.#own, ...this.#others].map((vault) => vault.close())]);
  }
}

function vaultOf({ gatewayEnv }: Hospital): Vault {
  const credentialsFile = setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE');
  return openSwarmVault({
    kuboSocket: setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET'),
    clusterUrl: setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_URL'),
    credentials: parseRestCredentials(readFileSync(credentialsFile, 'utf8').trim()),
    pinIndexPath: ':memory:',
  });
}

function multipart(bytes: Uint8Array): { readonly boundary: string; readonly body: Uint8Array } {
  const boundary = 'tutela-bench-boundary';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="f"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  return {
    boundary,
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
