// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Hospital } from './consortium.js';
import { askOperator } from './operator-socket.js';
import type { PatientWallet } from './patient-wallet.js';
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
  readonly cosigner: unknown;
}

/** The requester prepares, the second clinician signs. */
export async function signDegraded(
  requester: Session,
  second: Session,
  patient: PatientWallet,
): Promise<SignedDraft> {
  const wish = { handle: patient.handle, reason: 'unconscious', scope: 'summary', timeBoxMinutes: 60 };
  const prepared = draft.parse(await requester.post(path, { ...wish, reasonHash: randomBytes32() }));
  const { draftId, statement } = prepared;
  const cosigner = await second.post(`${path}/signatures`, { statement, part: 'cosigner' });
  return { draftId, cosigner, segmentIds: statement.segments.map(({ segmentId }) => segmentId) };
}

/** Brings the signed statement to the custodians. */
export async function openDegraded(
  requester: Session,
  { draftId, cosigner }: SignedDraft,
): Promise<Readonly<z.output<typeof opening>>> {
  return opening.parse(await requester.post(`${path}/${draftId}/opening`, { cosigner }));
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
