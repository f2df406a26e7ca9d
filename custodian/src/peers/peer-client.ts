// SPDX-License-Identifier: Apache-2.0
import { DomainError, HOSPITAL_HEADER, parseJson, type Custodian } from '@tutela/chaincode/domain';
import { HospitalAgents, type Members } from '@tutela/fabric';
import type { Agent } from 'undici';
import type { TrustedRoots } from './trusted-roots.js';

/** PEM texts for mutual TLS: own certificate and key, and the consortium's roots. */
export type TlsMaterial = Readonly<{ certificate: Buffer; privateKey: Buffer; roots: TrustedRoots }>;

/** The custodian that is asked: by what address, and of which hospital it must be. */
export type Peer = Pick<Custodian, 'mspId' | 'url'>;

/**
 * Speaks JSON with another custodian. Both throw LEDGER_UNAVAILABLE when it refuses, and when its answer is not whole
 * in time: an exchange ends after {@link EXCHANGE_MS} however busily the other side sends. Redirects are not followed.
 */
export interface PeerClient {
  get(to: Peer, path: string): Promise<unknown>;
  post(to: Peer, path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
}

/** The path at which custodians take holds. */
export const HOLDS_PATH = '/v1/holds';
/** How long one exchange may take from the question to the last byte of the answer, in milliseconds. */
export const EXCHANGE_MS = 15_000;
/** How long the other side may be silent within it. */
const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** The client over HTTPS with mutual TLS, which speaks for the hospital with that MSP id, and to the hospital that is asked. */
export function httpsPeerClient(
  { tls, members }: Readonly<{ tls: TlsMaterial; members: Pick<Members, 'isOf'> }>,
  mspId: string,
  exchangeMs: number = EXCHANGE_MS,
): PeerClient {
  const { certificate: cert, privateKey: key, roots } = tls;
  const connect = (): HospitalAgents =>
    new HospitalAgents({ cert, key, roots: () => roots.pem }, members, {
      ...{ connections: 2, connectMs: TIMEOUT_MS, answerMs: TIMEOUT_MS },
    });
  // A hospital can sign holds without end: heads and heartbeats, for which releases wait, stand in no line behind them.
  const [holds, others] = [connect(), connect()];
  const within = (to: Peer, path: string, sent: Sent): Promise<unknown> => {
    const agents = path === HOLDS_PATH ? holds : others;
    const signal = AbortSignal.timeout(exchangeMs);
    return send(agents.to(to.mspId), `${to.url}${path}`, { ...sent, signal });
  };
  return {
    get: (to, path) => within(to, path, { method: 'GET', headers: { [HOSPITAL_HEADER]: mspId } }),
    post: (to, path, body, headers = {}) =>
      within(to, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [HOSPITAL_HEADER]: mspId, ...headers },
        body: JSON.stringify(body),
      }),
    close: async () => {
      await Promise.all([holds.close(), others.close()]);
    },
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
