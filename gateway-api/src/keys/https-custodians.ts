// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  ERROR_CODES,
  HOSPITAL_HEADER,
  keptParts,
  list,
  object,
  oneOf,
  parseJson,
  segmentRef,
  signedAcknowledgement,
  signedDegradedReply,
  signedReleaseReply,
  MAX_SEGMENTS_PER_INTENT,
  type Custodian,
  type Decoder,
  type MspId,
} from '@tutela/chaincode/domain';
import { HospitalAgents, type Members, type MutualTls } from '@tutela/fabric';
import { request, type Agent } from 'undici';
import type { CopyCustodians, Custodians, DegradedCustodians, ReleaseAnswer } from './keys.js';

const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 15_000;
const CONNECTIONS_PER_CUSTODIAN = 8;
/** Copies have connections of their own, so that no release waits behind them; who asks says how long. */
const CONNECTIONS_FOR_COPIES = 4;
const NO_TIMEOUT = 0;

const releaseAnswer = object(
  { replies: list(signedReleaseReply, 0, MAX_SEGMENTS_PER_INTENT) },
  {
    refused: list(object({ segment: segmentRef, code: oneOf(...ERROR_CODES) }), 0, MAX_SEGMENTS_PER_INTENT),
  },
);

const degradedAnswer = object({ replies: list(signedDegradedReply, 1, MAX_SEGMENTS_PER_INTENT) });

/**
 * Custodians over HTTPS with mutual TLS, asked in the name of the hospital with that MSP id. What they answer is checked
 * in shape here, and in truth by who uses it.
 */
export function createHttpsCustodians(
  { tls, members }: Readonly<{ tls: MutualTls; members: Pick<Members, 'isOf'> }>,
  mspId: MspId,
): Custodians & DegradedCustodians & CopyCustodians & Readonly<{ close: () => Promise<void> }> {
  const agentsWith = (connections: number, answerMs: number): HospitalAgents =>
    new HospitalAgents(tls, members, { connections, connectMs: TIMEOUT_MS, answerMs });
  const agents = agentsWith(CONNECTIONS_PER_CUSTODIAN, TIMEOUT_MS);
  const copies = agentsWith(CONNECTIONS_FOR_COPIES, NO_TIMEOUT);
  const through =
    (by: HospitalAgents): Post =>
    (custodian, path, body, signal) =>
      send({ agent: by.to(custodian.mspId), mspId }, [`${custodian.url}${path}`, body], signal);
  const post = through(agents);
  const askForCopies = async (path: string, [custodian, parts, signal]: Copied): Promise<readonly string[]> =>
    ofThese(parts, shaped(keptParts, await through(copies)(custodian, path, { parts }, signal)).kept);
  return {
    release: async (custodian, question, signal) => {
      const answer = shaped(releaseAnswer, await post(custodian, '/v1/releases', question, signal));
      return { replies: answer.replies, refused: answer.refused ?? [] } satisfies ReleaseAnswer;
    },
    acknowledge: async (custodian, asked, signal) =>
      shaped(signedAcknowledgement, await post(custodian, '/v1/degraded/acknowledgements', asked, signal)),
    releaseDegraded: async (custodian, release, signal) =>
      shaped(degradedAnswer, await post(custodian, '/v1/degraded/releases', release, signal)).replies,
    hold: async (custodian, revocation, signal) => {
      await post(custodian, '/v1/holds', revocation, signal);
    },
    keepCopies: (...asked) => askForCopies('/v1/copies', asked),
    keptCopies: (...asked) => askForCopies('/v1/copies/questions', asked),
    close: async () => {
      await Promise.all([agents.close(), copies.close()]);
    },
  };
}

type Copied = Parameters<CopyCustodians['keepCopies']>;

/** Those of the parts that an answer names; what was not asked for counts for nothing. */
function ofThese(parts: readonly string[], named: readonly string[]): readonly string[] {
  const answered = new Set(named);
  return parts.filter((part) => answered.has(part));
}

/** What a custodian answered, decoded; one that answers another shape is one that does not answer. */
function shaped<T>(decode: Decoder<T>, answer: unknown): T {
  try {
    return decode(answer, 'answer');
  } catch (cause) {
    throw new DomainError('TOO_FEW_CUSTODIANS', 'a custodian answers in no shape of ours', { cause });
  }
}

type Post = (custodian: Custodian, path: string, body: object, signal: AbortSignal) => Promise<unknown>;

async function send(
  { agent, mspId }: Readonly<{ agent: Agent; mspId: MspId }>,
  [url, body]: readonly [string, object],
  signal: AbortSignal,
): Promise<unknown> {
  let answer: Readonly<{ status: number; body: unknown }>;
  try {
    const headers = { 'content-type': 'application/json', [HOSPITAL_HEADER]: mspId };
    const options = {
      method: 'POST',
      dispatcher: agent,
      headers,
      body: JSON.stringify(body),
      signal,
    } as const;
    const response = await request(url, options);
    answer = { status: response.statusCode, body: await readJson(response.body) };
  } catch (cause) {
    throw new DomainError('TOO_FEW_CUSTODIANS', 'a custodian does not answer', { cause });
  }
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new DomainError(refusalCode(answer.body), 'a custodian refused');
}

async function readJson(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) throw new DomainError('TOO_LARGE', 'a custodian answered too much');
    pieces.push(piece);
  }
  return parseJson(Buffer.concat(pieces).toString('utf8'));
}

/** The code of a problem; a custodian that gives none of ours is one that does not answer. */
function refusalCode(body: unknown): (typeof ERROR_CODES)[number] {
  const code: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'code') : undefined;
  return ERROR_CODES.find((known) => known === code) ?? 'TOO_FEW_CUSTODIANS';
}
