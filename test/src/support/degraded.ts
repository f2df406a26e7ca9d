// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Hospital } from './consortium.js';
import { askOperator } from './operator-socket.js';
import type { PatientWallet } from './patient-wallet.js';
import type { Person } from './person.js';
import { randomBytes32 } from './random-id.js';
import type { Session } from './rest-client.js';

const path = '/v1/emergencies/degraded';
const place = z.looseObject({ segmentId: z.string() });
const draft = z.object({ draftId: z.string(), statement: z.looseObject({ segments: z.array(place) }) });
const opening = z.looseObject({ requestHash: z.string(), acknowledgedBy: z.array(z.string()) });
const named = z.array(z.looseObject({ mspId: z.string(), requestHash: z.string() }));
const reconciliation = z.looseObject({
  clean: z.boolean(),
  degraded: z.object({ missing: named, changed: named, late: named }),
});

/** A statement that both clinicians have signed. */
export interface SignedDraft {
  readonly draftId: string;
  readonly segmentIds: readonly string[];
  readonly assertion: unknown;
  readonly cosigner: unknown;
}

/** The requester prepares, and both sign, each with the own passkey; those were registered before the ledger stalled. */
export async function signDegraded(
  requester: Person,
  second: Person,
  patient: PatientWallet,
): Promise<SignedDraft> {
  const request = { handle: patient.handle, reason: 'unconscious', scope: 'summary', timeBoxMinutes: 60 };
  const prepared = draft.parse(await requester.post(path, { ...request, reasonHash: randomBytes32() }));
  const { draftId, statement } = prepared;
  const own = await requester.stepUp({ act: 'degraded-requester', statement });
  const { stepUp } = await second.stepUp({ act: 'degraded-cosigner', statement });
  const vouching = { statement, part: 'cosigner', assertion: stepUp.assertion };
  const cosigner = await second.post(`${path}/signatures`, vouching);
  const segmentIds = statement.segments.map(({ segmentId }) => segmentId);
  return { draftId, assertion: own.stepUp.assertion, cosigner, segmentIds };
}

/** Brings the signed statement to the custodians. */
export async function openDegraded(
  requester: Session,
  { draftId, assertion, cosigner }: SignedDraft,
): Promise<Readonly<z.output<typeof opening>>> {
  return opening.parse(await requester.post(`${path}/${draftId}/opening`, { assertion, cosigner }));
}

/** Content of the first segment of an acknowledged request. */
export function degradedContent(
  requester: Session,
  { draftId, segmentIds }: SignedDraft,
): Promise<Uint8Array> {
  return requester.bytes(`${path}/${draftId}/content/${segmentIds[0] ?? ''}`);
}

/** A hospital's operator votes. */
export async function voteDegraded(hospital: Hospital, mode: 'on' | 'off'): Promise<void> {
  await askOperator(hospital.custodianSocket, 'POST', '/custody/degraded', { mode });
}

/** What one custodian finds when it compares all journals with the ledger. */
export async function reconcileAt(hospital: Hospital): Promise<Readonly<z.output<typeof reconciliation>>> {
  return reconciliation.parse(await askOperator(hospital.custodianSocket, 'GET', '/custody/reconciliation'));
}
