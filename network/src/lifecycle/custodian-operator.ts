// SPDX-License-Identifier: Apache-2.0
import { CEREMONY_PHASES, type CeremonyKind } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import type { Patience } from '../process/run.js';
import { askSocket } from '../process/socket-client.js';

const askTimeoutMs = 30_000;

const mspIds = z.array(z.string());
const progress = z.looseObject({
  ceremonyId: z.string(),
  kind: z.string(),
  phase: z.string(),
  startedBy: z.string(),
  threshold: z.number(),
  members: z.array(z.looseObject({ mspId: z.string() })),
  /** What this custodian does next; `await-approval` until its operator has approved the ceremony. */
  step: z.string(),
  /** Who has yet to join, deal and confirm. */
  missing: z.object({ join: mspIds, deal: mspIds, confirm: mspIds }),
});

/** An open ceremony as one custodian sees it. */
export type CeremonyProgress = z.output<typeof progress>;

const custody = z.looseObject({
  /** Whether this custodian has a share of the active key. */
  state: z.enum(['active', 'no-share']),
  /** Whether there is an active key at all. */
  active: z.boolean(),
  /** The set that holds it, if there is one. */
  threshold: z.number().optional(),
  members: z.array(z.looseObject({ mspId: z.string() })).optional(),
  /** The custodians that it knows to be on the ledger, itself included. */
  known: mspIds,
  ceremony: progress.optional(),
});

const ceremony = z.looseObject({
  ceremonyId: z.string(),
  phase: z.enum(CEREMONY_PHASES),
});

const shownBlock = z.looseObject({
  number: z.number(),
  hash: z.string(),
  signer: z.looseObject({ mspId: z.string() }),
});

const fork = z.object({
  /** Why releases have stopped: the own block of a height, and the one that contradicts it. */
  fork: z
    .looseObject({
      at: z.string(),
      members: mspIds,
      own: shownBlock.partial({ signer: true }),
      other: shownBlock,
    })
    .nullable(),
  /** Orderer organisations that signed two chains, by MSP id. */
  equivocations: z.record(z.string(), z.looseObject({ at: z.string(), own: shownBlock, other: shownBlock })),
});

/** What a custodian holds against its own chain, and against orderers. */
export type ForkAccount = z.output<typeof fork>;

const begun = z.object({ ceremonyId: z.string() });

/** A custodian's own account of its custody. */
export type CustodyAccount = z.output<typeof custody>;

/** How far a ceremony has come. */
export type CeremonyAccount = z.output<typeof ceremony>;

/** What a ceremony is for. */
export interface CeremonyRequest {
  readonly kind: CeremonyKind;
  readonly threshold?: number;
  readonly members?: readonly string[];
}

/** A custodian's refusal, with its own code. */
export class CustodianRefusal extends GroundError {
  readonly custodianCode: string;

  constructor(hospital: string, code: string, message: string) {
    super('OPERATOR_REFUSED', `The custodian of ${hospital} refused: ${code}: ${message}`);
    this.custodianCode = code;
  }
}

/** Asks a hospital's custodian how it stands with its share. */
export async function custodyOf(context: HospitalContext, patience: Patience = {}): Promise<CustodyAccount> {
  return custody.parse(await askCustodian(context, 'GET', '/custody', undefined, patience));
}

/** Asks a hospital's custodian what contradicts its chain. */
export async function forkOf(context: HospitalContext, patience: Patience = {}): Promise<ForkAccount> {
  return fork.parse(await askCustodian(context, 'GET', '/custody', undefined, patience));
}

/** Begins a ceremony; the custodians then carry it out among themselves. */
export async function beginCeremony(context: HospitalContext, request: CeremonyRequest): Promise<string> {
  return begun.parse(await askCustodian(context, 'POST', '/custody/ceremonies', request)).ceremonyId;
}

/** Asks how far a ceremony has come. */
export async function ceremonyOf(context: HospitalContext, id: string): Promise<CeremonyAccount> {
  return ceremony.parse(await askCustodian(context, 'GET', `/custody/ceremonies/${id}`));
}

/** A hospital's operator approves a ceremony; its custodian then takes part. */
export async function approveCeremony(context: HospitalContext, id: string): Promise<void> {
  await askCustodian(context, 'POST', `/custody/ceremonies/${id}/approval`);
}

/** A hospital's operator ends a ceremony without a result. */
export async function abortCeremony(context: HospitalContext, id: string): Promise<void> {
  await askCustodian(context, 'DELETE', `/custody/ceremonies/${id}`);
}

/** Asks a hospital's custodian over its operator socket. @throws GroundError NOT_RUNNING, CustodianRefusal. */
export async function askCustodian(
  context: HospitalContext,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  json?: unknown,
  { timeoutMs = askTimeoutMs }: Patience = {},
): Promise<unknown> {
  const { at, hospital } = context;
  const asked = askSocket({ socketPath: at.custodianSocket, method, path, json, timeoutMs });
  const { body, status } = await asked.catch((cause: unknown) => {
    throw new GroundError('NOT_RUNNING', `The custodian of ${hospital.name} does not answer.`, {
      advice: 'Start it with `tutela up`.',
      cause,
    });
  });
  if (status < 300) return body;
  const { code = `status ${status}`, message = '' } = (body ?? {}) as { code?: string; message?: string };
  throw new CustodianRefusal(hospital.name, code, message);
}
