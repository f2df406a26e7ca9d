// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { EmergencyReason } from '@tutela/chaincode/domain';
import type { PatientWallet } from './patient-wallet.js';
import type { Person } from './person.js';
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

const VOUCHING = {
  cosignature: 'cosign-emergency',
  'scope-approval': 'approve-full-scope',
} as const;

export interface EmergencyTerms {
  readonly reason?: EmergencyReason;
  readonly scope?: 'summary' | 'full';
  readonly timeBoxMinutes?: number;
}

/** What a clinician says of an emergency. */
export function emergencyFacts(
  { handle }: Pick<PatientWallet, 'handle'>,
  { reason = 'unconscious', scope = 'full', timeBoxMinutes = 30 }: EmergencyTerms = {},
): Readonly<Record<string, string | number>> {
  return { handle, reason, reasonHash: randomBytes32(), scope, timeBoxMinutes };
}

/** Breaks the glass for a patient, with the requester's passkey. */
export async function openEmergency(
  requester: Person,
  patient: PatientWallet,
  terms: EmergencyTerms = {},
): Promise<Stepped> {
  const facts = emergencyFacts(patient, terms);
  const steppedUp = await requester.stepUp({ act: 'open-emergency', emergency: facts });
  return stepped.parse(await requester.post('/v1/emergencies', { ...facts, ...steppedUp }));
}

/** Vouches for an emergency, with the own passkey. */
export async function vouchForEmergency(
  person: Person,
  emergencyId: string,
  step: keyof typeof VOUCHING,
): Promise<Stepped> {
  const { stepUp } = await person.stepUp({ act: VOUCHING[step], emergencyId });
  return stepped.parse(await person.post(`/v1/emergencies/${emergencyId}/${step}`, { stepUp }));
}

/** Takes a step that needs nothing but the actor. */
export async function stepEmergency(
  actor: Session,
  emergencyId: string,
  step: 'closure' | 'review',
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
