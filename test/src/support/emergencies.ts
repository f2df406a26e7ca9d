// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { EmergencyReason } from '@tutela/chaincode/domain';
import type { PatientWallet } from './patient-wallet.js';
import { randomBytes32 } from './random-id.js';
import type { Session } from './rest-client.js';

const stepped = z.looseObject({
  txId: z.string(),
  emergencyId: z.string(),
  state: z.string(),
  reviewDueAt: z.string(),
  expiresAt: z.string(),
});
/** An emergency after a step, and the transaction of the step. */
export type Stepped = Readonly<z.output<typeof stepped>>;

export interface EmergencyWish {
  readonly reason?: EmergencyReason;
  readonly scope?: 'summary' | 'full';
  readonly timeBoxMinutes?: number;
}

/** Breaks the glass for a patient. */
export async function openEmergency(
  requester: Session,
  patient: PatientWallet,
  { reason = 'unconscious', scope = 'full', timeBoxMinutes = 30 }: EmergencyWish = {},
): Promise<Stepped> {
  const request = { handle: patient.handle, reason, reasonHash: randomBytes32(), scope, timeBoxMinutes };
  return stepped.parse(await requester.post('/v1/emergencies', request));
}

/** Takes a step that needs nothing but the actor. */
export async function stepEmergency(
  actor: Session,
  emergencyId: string,
  step: 'cosignature' | 'scope-approval' | 'closure' | 'review',
): Promise<Stepped> {
  return stepped.parse(await actor.post(`/v1/emergencies/${emergencyId}/${step}`));
}

/** Gives the verdict of a review. */
export async function giveVerdict(
  reviewer: Session,
  emergencyId: string,
  verdict: 'upheld' | 'abuse',
): Promise<Stepped> {
  const request = { verdict, findingsHash: randomBytes32() };
  return stepped.parse(await reviewer.post(`/v1/emergencies/${emergencyId}/verdict`, request));
}

/** Contests an emergency with the patient's signature. */
export async function contestEmergency(
  through: Session,
  patient: PatientWallet,
  emergencyId: string,
): Promise<Stepped> {
  return stepped.parse(
    await through.post(`/v1/emergencies/${emergencyId}/contest`, patient.contest(emergencyId)),
  );
}
