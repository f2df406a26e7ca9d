// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'undici';
import { DomainError } from '@tutela/chaincode/domain';

/** PEM texts for mutual TLS: own certificate and key, and the consortium's roots. */
export type TlsMaterial = Readonly<{ certificate: Buffer; privateKey: Buffer; roots: Buffer }>;

/** Sends JSON to another custodian. */
export interface PeerClient {
  /** Posts a body and returns the answer; throws LEDGER_UNAVAILABLE when the other does not take it. */
  post(url: string, body: object, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** The client over HTTPS with mutual TLS. */
export function httpsPeerClient({ certificate, privateKey, roots }: TlsMaterial): PeerClient {
  const agent = new Agent({
    connect: { cert: certificate, key: privateKey, ca: roots, minVersion: 'TLSv1.3', timeout: TIMEOUT_MS },
    connections: 2,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  return {
    post: async (url, body, headers = {}) => {
      const { origin, pathname } = new URL(url);
      const answer = await agent.request({
        origin,
        path: pathname,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const text = await readLimited(answer.body);
      if (answer.statusCode >= 300)
        throw new DomainError('LEDGER_UNAVAILABLE', `the other custodian answered ${answer.statusCode}`);
      return JSON.parse(text);
    },
    close: () => agent.close(),
  };
}

async function readLimited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) throw new DomainError('TOO_LARGE', 'the other custodian answered too much');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
