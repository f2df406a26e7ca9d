// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import { askSocket } from '../process/socket-client.js';
import { waitFor } from '../process/wait.js';
import { hospitals, type Bringing } from './context.js';

const askTimeoutMs = 10_000;
const ceremonyTimeoutMs = 120_000;
const ceremonyPollMs = 500;

/** A custodian's own account of its custody; only the state is interpreted here. */
const custodyState = z.looseObject({ state: z.string() });

export type CustodyState = z.output<typeof custodyState>;

/** What a ceremony is for. */
export interface CeremonyRequest {
  readonly kind: 'dkg' | 'refresh' | 'reshare';
  readonly threshold?: number;
  readonly members?: readonly string[];
}

/** Asks a hospital's custodian for its state of custody. */
export async function custodyOf(context: HospitalContext): Promise<CustodyState> {
  return custodyState.parse(await askCustodian(context, 'GET', '/custody'));
}

/** Asks a hospital's custodian, over its operator socket. @throws GroundError OPERATOR_REFUSED with its own code and words. */
export async function askCustodian(
  context: HospitalContext,
  method: 'GET' | 'POST',
  path: string,
  json?: unknown,
): Promise<unknown> {
  const asked = askSocket({
    socketPath: context.at.custodianSocket,
    method,
    path,
    json,
    timeoutMs: method === 'GET' ? askTimeoutMs : ceremonyTimeoutMs,
  });
  const { status, body } = await asked.catch((cause: unknown) => {
    throw new GroundError('NOT_RUNNING', `The custodian of ${context.hospital.name} does not answer.`, {
      advice: 'Start it with `tutela up`.',
      cause,
    });
  });
  if (status < 300) return body;
  const {
    code = `status ${status}`,
    detail,
    message,
  } = (body ?? {}) as { code?: string; detail?: string; message?: string };
  throw new GroundError(
    'OPERATOR_REFUSED',
    `The custodian of ${context.hospital.name} refused: ${code} ${detail ?? message ?? ''}`.trim(),
  );
}

/** Makes sure that the consortium key exists, dealt by the custodians among themselves. */
export async function ensureCustody(bringing: Bringing): Promise<void> {
  const all = hospitals(bringing);
  const first = all[0];
  if (first === undefined || (await isActive(first))) return;
  await askCustodian(first, 'POST', '/custody/ceremonies', {
    kind: 'dkg',
    threshold: bringing.inputs.topology.custodyThreshold,
  });
  const done = await waitFor(
    async () => ((await Promise.all(all.map(isActive))).every(Boolean) ? true : undefined),
    {
      timeoutMs: ceremonyTimeoutMs,
      intervalMs: ceremonyPollMs,
    },
  );
  if (done === undefined) {
    throw new GroundError(
      'CUSTODY_FAILED',
      'The custodians did not finish dealing the consortium key in time.',
      {
        advice:
          'Run `tutela custody status`, read the custodians’ logs, and run `tutela up` again: the ceremony is resumed.',
      },
    );
  }
}

async function isActive(context: HospitalContext): Promise<boolean> {
  return (await custodyOf(context)).state === 'active';
}
