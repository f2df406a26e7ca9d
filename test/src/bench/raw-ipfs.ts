// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import {
  openSwarmVault,
  parseRestCredentials,
  replicationFor,
  type Replication,
  type Vault,
} from '@tutela/ipfs-cluster';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { setting, type Hospital } from '../support/consortium.js';

const DEADLINE_MS = 600_000;
/** The product stores in parts; raw storage takes the file whole, in blocks of the same size. */
const ADD = '/api/v0/add?pin=false&cid-version=1&raw-leaves=true&chunker=size-1048576&quieter=true';
const added = z.object({ Hash: z.string() });

/** Plain Kubo and ipfs-cluster of one hospital: what one would use without the product. */
export class RawIpfs {
  readonly #kubo: Agent;
  readonly #vault: Vault;
  readonly #hospitals: number;
  readonly #replication: Replication;

  /** `hospitals`: how many there are. */
  constructor({ gatewayEnv }: Hospital, hospitals: number) {
    const kuboSocket = setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET');
    const credentialsFile = setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE');
    this.#hospitals = hospitals;
    this.#replication = replicationFor(hospitals);
    this.#kubo = new Agent({
      connect: { socketPath: kuboSocket },
      headersTimeout: DEADLINE_MS,
      bodyTimeout: DEADLINE_MS,
    });
    this.#vault = openSwarmVault({
      kuboSocket,
      clusterUrl: setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_URL'),
      credentials: parseRestCredentials(readFileSync(credentialsFile, 'utf8').trim()),
    });
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
    await this.#vault.pin(cid, this.#replication);
    await this.#vault.waitPinned([cid], this.#replication.min, { deadlineMs: DEADLINE_MS });
    return cid;
  }

  /** Waits until every hospital that shall hold these parts does. */
  async untilSettled(cids: readonly string[]): Promise<void> {
    const everywhere = Math.min(this.#replication.max, this.#hospitals);
    await this.#vault.waitPinned(cids, everywhere, { deadlineMs: DEADLINE_MS });
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
    await Promise.all([this.#kubo.destroy(), this.#vault.close()]);
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
