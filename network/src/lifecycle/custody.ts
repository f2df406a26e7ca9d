// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import { waitFor } from '../process/wait.js';
import { hospitals, type Bringing } from './context.js';
import {
  beginCeremony,
  ceremonyOf,
  CustodianRefusal,
  custodyOf,
  type CeremonyAccount,
  type CustodyAccount,
} from './custodian-operator.js';

const registrationTimeoutMs = 60_000;
const ceremonyTimeoutMs = 120_000;
const pollMs = 300;

/** While custodians are still registering themselves, or another already began, the ledger refuses with one of these. */
const passing: ReadonlySet<string> = new Set([
  'CALLER_UNKNOWN',
  'NOT_FOUND',
  'CONFLICT',
  'CUSTODY_INACTIVE',
  'LEDGER_CONFLICT',
  'CEREMONY_INVALID',
  'RATE_LIMITED',
]);

/** Makes sure that the consortium key exists, dealt by the custodians of all hospitals among themselves. */
export async function ensureCustody(bringing: Bringing): Promise<void> {
  const all = hospitals(bringing);
  const [first] = all;
  if (first === undefined || (await custodyOf(first)).active) return;
  const ceremonyId = await beginFirst(first, all, bringing.inputs.topology.custodyThreshold);
  if (ceremonyId !== undefined) await waitForCeremony(first, ceremonyId);
  const dealt = await waitFor(async () => ((await everyoneHolds(all)) ? true : undefined), {
    timeoutMs: ceremonyTimeoutMs,
    intervalMs: pollMs,
  });
  if (dealt === undefined) throw late('Not every custodian holds its share of the key');
}

/**
 * Waits until the custodians that answer know the hospital's as one of them; before that it can be given no share.
 * @throws GroundError CUSTODY_FAILED.
 */
export async function waitUntilKnown(bringing: Bringing, newcomer: HospitalContext): Promise<void> {
  const { mspId } = newcomer.hospital;
  const known = await waitFor(
    async () => {
      const accounts = await Promise.all(hospitals(bringing).map(accountIfAny));
      const answered = accounts.filter((each) => each !== undefined);
      return answered.length > 0 && answered.every((each) => each.known.includes(mspId)) ? true : undefined;
    },
    { timeoutMs: registrationTimeoutMs, intervalMs: pollMs },
  );
  if (known === true) return;
  throw new GroundError('CUSTODY_FAILED', `Not every custodian knows ${mspId} yet.`, {
    advice: 'Read `tutela custody status` and the custodians’ logs, then run the command again.',
  });
}

/** A custodian that is away will read of the newcomer when it is back. */
async function accountIfAny(context: HospitalContext): Promise<CustodyAccount | undefined> {
  try {
    return await custodyOf(context);
  } catch (error) {
    if (error instanceof GroundError && error.code === 'NOT_RUNNING') return undefined;
    throw error;
  }
}

/** Waits until a ceremony is over. @throws GroundError CUSTODY_FAILED when it is aborted or takes too long. */
export async function waitForCeremony(context: HospitalContext, id: string): Promise<CeremonyAccount> {
  const over = await waitFor(
    async () => {
      const account = await ceremonyOf(context, id);
      return account.phase === 'active' || account.phase === 'aborted' ? account : undefined;
    },
    { timeoutMs: ceremonyTimeoutMs, intervalMs: pollMs },
  );
  if (over === undefined) throw late(`The ceremony ${id} is not over`);
  if (over.phase === 'active') return over;
  throw new GroundError('CUSTODY_FAILED', `The ceremony ${id} was aborted.`, {
    advice: 'Read `tutela custody status` and the custodians’ logs, then begin another.',
  });
}

/** Begins the first ceremony as soon as all custodians are on the ledger; undefined when another already did. */
async function beginFirst(
  first: HospitalContext,
  all: readonly HospitalContext[],
  threshold: number,
): Promise<string | undefined> {
  const members = all.map(({ hospital }) => hospital.mspId);
  let refusal: CustodianRefusal | undefined;
  const begun = await waitFor(
    async () => {
      const { active, ceremony } = await custodyOf(first);
      if (active) return { id: undefined };
      if (ceremony !== undefined) return { id: ceremony.ceremonyId };
      try {
        return { id: await beginCeremony(first, { kind: 'dkg', threshold, members }) };
      } catch (error) {
        if (!(error instanceof CustodianRefusal) || !passing.has(error.custodianCode)) throw error;
        refusal = error;
        return undefined;
      }
    },
    { timeoutMs: registrationTimeoutMs, intervalMs: pollMs },
  );
  if (begun === undefined) throw refusal ?? late('The first ceremony could not begin');
  return begun.id;
}

async function everyoneHolds(all: readonly HospitalContext[]): Promise<boolean> {
  const accounts = await Promise.all(all.map((context) => custodyOf(context)));
  return accounts.every(({ state }) => state === 'active');
}

function late(what: string): GroundError {
  return new GroundError('CUSTODY_FAILED', `${what} after ${ceremonyTimeoutMs / 1000} s.`, {
    advice: 'Run `tutela custody status`, read the custodians’ logs, and run `tutela up` again.',
  });
}
