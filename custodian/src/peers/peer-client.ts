// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'undici';
import { DomainError } from '@tutela/chaincode/domain';

/** PEM texts for mutual TLS: own certificate and key, and the consortium's roots. */
export type TlsMaterial = Readonly<{ certificate: Buffer; privateKey: Buffer; roots: Buffer }>;

/** Sends JSON to another custodian. */
export interface PeerClient {
  /** Posts a body; throws LEDGER_UNAVAILABLE when the other does not take it. */
  post(url: string, body: object, headers?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;

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
      await answer.body.dump();
      if (answer.statusCode >= 300)
        throw new DomainError('LEDGER_UNAVAILABLE', `the other custodian answered ${answer.statusCode}`);
    },
    close: () => agent.close(),
  };
}
