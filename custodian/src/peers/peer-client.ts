// SPDX-License-Identifier: Apache-2.0
import { Agent, buildConnector } from 'undici';
import { DomainError, HOSPITAL_HEADER, parseJson } from '@tutela/chaincode/domain';
import type { TrustedRoots } from './trusted-roots.js';

/** PEM texts for mutual TLS: own certificate and key, and the consortium's roots. */
export type TlsMaterial = Readonly<{ certificate: Buffer; privateKey: Buffer; roots: TrustedRoots }>;

/**
 * Speaks JSON with another custodian. Both throw LEDGER_UNAVAILABLE when it refuses, and when its answer is not whole
 * in time: an exchange ends after {@link EXCHANGE_MS} however busily the other side sends. Redirects are not followed.
 */
export interface PeerClient {
  get(url: string): Promise<unknown>;
  post(url: string, body: object, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
}

/** How long one exchange may take from the question to the last byte of the answer, in milliseconds. */
export const EXCHANGE_MS = 15_000;
/** How long the other side may be silent within it. */
const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** The client over HTTPS with mutual TLS, which speaks for the hospital with that MSP id. */
export function httpsPeerClient(
  tls: TlsMaterial,
  mspId: string,
  exchangeMs: number = EXCHANGE_MS,
): PeerClient {
  const agent = new Agent({
    connect: trustingConnector(tls),
    connections: 2,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  const within = (url: string, sent: Sent): Promise<unknown> =>
    send(agent, url, { ...sent, signal: AbortSignal.timeout(exchangeMs) });
  return {
    get: (url) => within(url, { method: 'GET', headers: { [HOSPITAL_HEADER]: mspId } }),
    post: (url, body, headers = {}) =>
      within(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [HOSPITAL_HEADER]: mspId, ...headers },
        body: JSON.stringify(body),
      }),
    close: () => agent.close(),
  };
}

/** Trusts whom the roots name at the moment of connecting. */
function trustingConnector({ certificate, privateKey, roots }: TlsMaterial): buildConnector.connector {
  const own = { cert: certificate, key: privateKey, minVersion: 'TLSv1.3', timeout: TIMEOUT_MS } as const;
  let trusted = roots.pem;
  let connect = buildConnector({ ...own, ca: trusted });
  return (target, callback) => {
    if (roots.pem !== trusted) {
      trusted = roots.pem;
      connect = buildConnector({ ...own, ca: trusted });
    }
    connect(target, callback);
  };
}

type Sent = Readonly<{ method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string }>;

async function send(
  agent: Agent,
  url: string,
  sent: Sent & Readonly<{ signal: AbortSignal }>,
): Promise<unknown> {
  try {
    return await exchange(agent, url, sent);
  } catch (cause) {
    if (!sent.signal.aborted) throw cause;
    throw new DomainError('LEDGER_UNAVAILABLE', 'the other custodian did not answer in time', { cause });
  }
}

async function exchange(
  agent: Agent,
  url: string,
  sent: Sent & Readonly<{ signal: AbortSignal }>,
): Promise<unknown> {
  const { origin, pathname, search } = new URL(url);
  const answer = await agent.request({ origin, path: `${pathname}${search}`, ...sent });
  const text = await readLimited(answer.body);
  if (answer.statusCode >= 300)
    throw new DomainError('LEDGER_UNAVAILABLE', `the other custodian answered ${answer.statusCode}`);
  return parseJson(text);
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
