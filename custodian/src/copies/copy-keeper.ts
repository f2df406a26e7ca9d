// SPDX-License-Identifier: Apache-2.0
import {
  COPIES_IN_QUESTION_PATH,
  COPIES_PATH,
  DomainError,
  keptPart,
  parseJson,
} from '@tutela/chaincode/domain';
import { Agent } from 'undici';
import { z } from 'zod';

/**
 * The own hospital's gateway, which alone decides what its node keeps. Both throw STORAGE_UNAVAILABLE while it does not
 * answer, and another code for a part that it does not keep.
 */
export interface CopyKeeper {
  /** Has the own node keep a part for a hospital, with all of its blocks. */
  keep(cid: string, hospital: string, signal: AbortSignal): Promise<void>;
  /** Whether the own node keeps a part; fetches nothing. */
  keeps(cid: string, signal: AbortSignal): Promise<boolean>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 64 * 1024;
/** The time for an answer to a question; for keeping a part the caller sets the time. */
const QUESTION_MS = 5_000;
const problem = z.object({ code: z.string() });

/** Opens the way to the gateway behind a Unix socket, which need not run yet. The caller bounds how many calls there are. */
export function openCopyKeeper(socketPath: string): CopyKeeper {
  const agent = new Agent({ connect: { socketPath }, connections: null, maxResponseSize: MAX_ANSWER_BYTES });
  return {
    keep: async (part, hospital, signal) => {
      await asked(agent, { path: COPIES_PATH, body: { hospital, part }, signal });
    },
    keeps: async (part, signal) => {
      const within = AbortSignal.any([signal, AbortSignal.timeout(QUESTION_MS)]);
      return asked(agent, { path: COPIES_IN_QUESTION_PATH, body: { part }, signal: within });
    },
    close: () => agent.destroy(),
  };
}

async function asked(
  agent: Agent,
  { path, body, signal }: Readonly<{ path: string; body: object; signal: AbortSignal }>,
): Promise<boolean> {
  const { status, text } = await exchange(agent, { path, body: JSON.stringify(body), signal });
  if (status < 300) return keptPart(parseJson(text), '$').kept;
  const { success, data } = problem.safeParse(status < 500 ? parseJson(text) : undefined);
  if (!success) throw away();
  throw new DomainError(data.code === 'RATE_LIMITED' ? 'RATE_LIMITED' : 'NOT_FOUND', 'the part is not kept');
}

async function exchange(
  agent: Agent,
  { path, body, signal }: Readonly<{ path: string; body: string; signal: AbortSignal }>,
): Promise<Readonly<{ status: number; text: string }>> {
  const headers = { 'content-type': 'application/json' };
  try {
    const sent = { origin: 'http://gateway.invalid', method: 'POST', path, headers, body, signal } as const;
    const answer = await agent.request(sent);
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (cause) {
    if (signal.aborted) throw new DomainError('NOT_FOUND', 'the part was given up', { cause });
    throw away(cause);
  }
}

function away(cause?: unknown): DomainError {
  return new DomainError('STORAGE_UNAVAILABLE', 'the own gateway keeps no copies now', { cause });
}
