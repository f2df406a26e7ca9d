// SPDX-License-Identifier: Apache-2.0
import type {
  Decoded,
  Emergency,
  EmergencyId,
  EmergencyMetrics,
  EmergencyView,
  FetchedNotices,
  Handle,
  ListNotices,
  OpenEmergency,
  TxId,
  VouchForEmergency,
  contestEmergency,
  reviewEmergency,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** Of which mailbox notices are fetched: of the patient or guardian who signed, else of the caller's privacy office. */
export type NoticesAsked = Pick<ListNotices, 'patient' | 'emergencyId'>;
/** `more` says that others wait, for the next fetching. */
export type DeliveredNotices = FetchedNotices & Readonly<{ more: boolean }>;

export type EmergencyStepped = Readonly<{ emergency: Emergency; txId: TxId }>;

/** Break-glass, step by step. */
export interface Emergencies {
  open(actor: Actor, request: OpenEmergency, attempt: Attempt): Promise<EmergencyStepped>;
  cosign(actor: Actor, request: VouchForEmergency, attempt: Attempt): Promise<EmergencyStepped>;
  approveFullScope(actor: Actor, request: VouchForEmergency, attempt: Attempt): Promise<EmergencyStepped>;
  close(actor: Actor, emergencyId: EmergencyId, attempt: Attempt): Promise<EmergencyStepped>;
  beginReview(actor: Actor, emergencyId: EmergencyId, attempt: Attempt): Promise<EmergencyStepped>;
  review(actor: Actor, verdict: Decoded<typeof reviewEmergency>, attempt: Attempt): Promise<EmergencyStepped>;
  contest(
    actor: Actor,
    contest: Decoded<typeof contestEmergency>,
    attempt: Attempt,
  ): Promise<EmergencyStepped>;
  get(actor: Actor, emergencyId: EmergencyId): Promise<EmergencyView>;
  list(actor: Actor, handle: Handle): Promise<readonly EmergencyView[]>;
  /** This hospital's emergencies without a verdict, soonest due first. */
  dueReviews(actor: Actor): Promise<readonly EmergencyView[]>;
  /** The notices of the caller's privacy office, or of the patient who signed the request; fetching them is recorded. */
  fetchNotices(actor: Actor, asked: NoticesAsked, attempt: Attempt): Promise<DeliveredNotices>;
  /** How every hospital's emergencies went. */
  metrics(actor: Actor): Promise<readonly EmergencyMetrics[]>;
}
