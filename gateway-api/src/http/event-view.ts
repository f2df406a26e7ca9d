// SPDX-License-Identifier: Apache-2.0
import type { Act, Handle, LedgerEvent, MspId, Scope } from '@tutela/chaincode/domain';
import type { Session } from './session.js';

/** The home hospital of a handle, or undefined. */
export type HomeOf = (handle: Handle) => Promise<MspId | undefined>;

/** Acts that concern everybody; acts that a scope lets one follow at one's own hospital; all others are their actor's alone. */
const EVERYBODY: readonly Act[] = [
  'hospital-registered',
  'custodian-registered',
  'ceremony-started',
  'ceremony-joined',
  'ceremony-dealt',
  'ceremony-confirmed',
  'ceremony-complained',
  'ceremony-aborted',
  'custody-activated',
  'custodian-accused',
];
const BY_SCOPE: Readonly<Partial<Record<Act, Scope>>> = {
  'practitioner-registered': 'registry.read',
  'practitioner-changed': 'registry.read',
  'system-registered': 'registry.read',
  'system-changed': 'registry.read',
  'patient-registered': 'registry.read',
  'key-rotation-requested': 'registry.read',
  'key-rotation-approved': 'registry.read',
  'key-rotation-cancelled': 'registry.read',
  'key-rotated': 'registry.read',
  'consent-granted': 'consents.read',
  'consent-replaced': 'consents.read',
  'consent-revoked': 'consents.read',
  'emergency-opened': 'emergencies.write',
  'emergency-cosigned': 'emergencies.write',
  'emergency-scope-approved': 'emergencies.write',
  'emergency-closed': 'emergencies.write',
  'emergency-review-begun': 'emergencies.write',
  'emergency-reviewed': 'emergencies.write',
  'emergency-contested': 'emergencies.write',
};

/**
 * What a session is told of an event, or undefined. Deny first: who looked at what, which records exist, and why
 * something was refused, is for the audit, whose readings are themselves recorded; here each sees only the own acts.
 */
export async function clientView(
  event: LedgerEvent,
  session: Session,
  homeOf: HomeOf,
): Promise<object | undefined> {
  if (!(await mayFollow(event, session, homeOf))) return undefined;
  const { txId, at, act, outcome, handle, intentId, consentIds, emergencyId } = event;
  return { txId, at, act, outcome, mspId: event.actor.mspId, handle, intentId, consentIds, emergencyId };
}

async function mayFollow(event: LedgerEvent, session: Session, homeOf: HomeOf): Promise<boolean> {
  if (event.actor.mspId === session.mspId && event.actor.id === session.practitionerId) return true;
  if (EVERYBODY.includes(event.act)) return true;
  const scope = BY_SCOPE[event.act];
  if (scope === undefined || !session.scopes.includes(scope)) return false;
  if (event.actor.mspId === session.mspId) return true;
  return event.handle !== undefined && (await homeOf(event.handle)) === session.mspId;
}
