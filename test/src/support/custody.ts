// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Hospital } from './consortium.js';
import { askOperator } from './operator-socket.js';
import type { Session } from './rest-client.js';
import { refusalOf, RestProblem } from './rest-problem.js';
import { waitFor } from './wait.js';

const CEREMONY_DEADLINE_MS = 120_000;
const APPROVAL_DEADLINE_MS = 30_000;
/** The ledger's refusal of a hospital that has started as many ceremonies as it may. */
const RATE_LIMITED = 'RATE_LIMITED';

const custodianSet = z.looseObject({
  epoch: z.int(),
  threshold: z.int(),
  members: z.array(z.object({ mspId: z.string(), index: z.int() })),
  publicKey: z.string(),
  kid: z.string(),
  verificationKeys: z.array(z.string()),
  transcriptHash: z.string(),
  ceremonyId: z.string(),
});
/** The custodian set of the ledger. */
export type CustodianSetView = Readonly<z.output<typeof custodianSet>>;

const accusation = z.looseObject({ custodian: z.string(), accuser: z.string(), txId: z.string() });
const custodyView = z.looseObject({ current: custodianSet, accusations: z.array(accusation) });
const ceremonyBegun = z.object({ ceremonyId: z.string() });
const ownView = z.looseObject({ state: z.string(), epoch: z.int().optional(), index: z.int().nullish() });
export type OwnCustody = Readonly<z.output<typeof ownView>>;

/** Custody as a hospital's gateway tells it: the current set, and who was caught lying. */
export async function viewCustody(session: Session): Promise<Readonly<z.output<typeof custodyView>>> {
  return custodyView.parse(await session.get('/v1/custody'));
}

/** The set that holds the consortium key now. */
export async function currentCustody(session: Session): Promise<CustodianSetView> {
  return (await viewCustody(session)).current;
}

/** A custodian's own account of its custody, asked by its operator. */
export async function custodyAt(hospital: Hospital): Promise<OwnCustody> {
  return ownView.parse(await askOperator(hospital.custodianSocket, 'GET', '/custody'));
}

/** What an operator asks of the custodians together. */
export interface DesiredCeremony {
  readonly kind: 'refresh' | 'reshare';
  readonly threshold?: number;
  readonly members?: readonly string[];
}

/**
 * Starts a ceremony at one custodian and waits until the ledger has the next epoch. A reshare goes on only as each
 * hospital's operator approves it: those of `approvers` do.
 */
export async function runCeremony(
  at: Hospital,
  desired: DesiredCeremony,
  approvers: readonly Hospital[] = [],
): Promise<CustodianSetView> {
  const before = await currentCustody(at.administrator);
  const begun = ceremonyBegun.parse(
    await askOperator(at.custodianSocket, 'POST', '/custody/ceremonies', desired),
  );
  await Promise.all(approvers.map((approver) => approveAt(approver, begun.ceremonyId)));
  return waitFor(
    async () => {
      const now = await currentCustody(at.administrator);
      return now.epoch > before.epoch ? now : undefined;
    },
    { what: `the ${desired.kind} to become active`, deadlineMs: CEREMONY_DEADLINE_MS },
  );
}

/**
 * The refusal of a ceremony that must not begin. @throws RestProblem RATE_LIMITED where the hospital may start none yet.
 */
export async function refusalToStart(
  { custodianSocket }: Pick<Hospital, 'custodianSocket'>,
  desired: DesiredCeremony,
): Promise<RestProblem> {
  const refusal = await refusalOf(askOperator(custodianSocket, 'POST', '/custody/ceremonies', desired));
  if (refusal.code === RATE_LIMITED) throw refusal;
  return refusal;
}

/** Why no ceremony can begin, where {@link atOneThatMayStart} finds no hospital. */
export const EACH_WAITS = 'each hospital that holds a share has to wait before it starts another ceremony';

/**
 * Asks hospitals one after the other, until one of them need not wait before it starts another ceremony; undefined when
 * each has to.
 */
export async function atOneThatMayStart<H, T>(
  hospitals: readonly H[],
  ask: (at: H) => Promise<T>,
): Promise<T | undefined> {
  for (const at of hospitals)
    try {
      return await ask(at);
    } catch (error) {
      if (!(error instanceof RestProblem) || error.code !== RATE_LIMITED) throw error;
    }
  return undefined;
}

/** A hospital's operator approves a ceremony, as soon as its peer has it. */
async function approveAt({ custodianSocket }: Hospital, ceremonyId: string): Promise<void> {
  const path = `/custody/ceremonies/${ceremonyId}/approval`;
  await waitFor(async () => askOperator(custodianSocket, 'POST', path), {
    what: 'an operator to approve the ceremony',
    deadlineMs: APPROVAL_DEADLINE_MS,
  });
}
