// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { setting, type Hospital } from '../support/consortium.js';
import { waitUntil } from '../support/wait.js';

const DEADLINE_MS = 600_000;
/** The product pins what it stores in parts of 4 MiB; raw storage takes the file whole. */
const ADD = '/api/v0/add?pin=false&cid-version=1&raw-leaves=true&chunker=size-1048576&quieter=true';
const added = z.object({ Hash: z.string() });
const pinned = z.looseObject({ peer_map: z.record(z.string(), z.looseObject({ status: z.string() })) });

/** Plain Kubo and ipfs-cluster of one hospital: what one would use without the product. */
export class RawIpfs {
  readonly #kubo: Agent;
  readonly #cluster: string;
  readonly #authorization: string;
  readonly #copies: number;

  /** `copies`: how many hospitals shall hold everything in the end. */
  constructor({ gatewayEnv }: Hospital, copies: number) {
    this.#copies = copies;
    this.#kubo = new Agent({
      connect: { socketPath: setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET') },
      headersTimeout: DEADLINE_MS,
      bodyTimeout: DEADLINE_MS,
    });
    this.#cluster = setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_URL');
    const credentials = readFileSync(
      setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE'),
      'utf8',
    ).trim();
    this.#authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  /** Adds bytes and waits until as many hospitals pin them; returns the CID. */
  async add(bytes: Uint8Array, hospitals: number): Promise<string> {
    const { boundary, body } = multipart(bytes);
    const answer = await request(`http://kubo${ADD}`, {
      method: 'POST',
      dispatcher: this.#kubo,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body,
    });
    const { Hash: cid } = added.parse(JSON.parse(await answer.body.text()));
    await this.#pin('POST', `/pins/${cid}?replication-min=2&replication-max=${this.#copies}`);
    await waitUntil(async () => (await this.#pinnedBy(cid)) >= hospitals, {
      what: `${cid} to be pinned`,
      deadlineMs: DEADLINE_MS,
      intervalMs: 8,
    });
    return cid;
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

  close(): Promise<void> {
    return this.#kubo.destroy();
  }

  async #pinnedBy(cid: string): Promise<number> {
    const { peer_map: peers } = pinned.parse(await this.#pin('GET', `/pins/${cid}`));
    return Object.values(peers).filter(({ status }) => status === 'pinned').length;
  }

  async #pin(method: 'GET' | 'POST', path: string): Promise<unknown> {
    const { statusCode, body } = await request(new URL(path, this.#cluster), {
      method,
      headers: { authorization: this.#authorization },
    });
    if (statusCode >= 300) throw new Error(`the cluster refused: ${await body.text()}`);
    return body.json();
  }
}

function multipart(bytes: Uint8Array): { readonly boundary: string; readonly body: Uint8Array } {
  const boundary = 'tutela-bench-boundary';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="f"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  return {
    boundary,
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
