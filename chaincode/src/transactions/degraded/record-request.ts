// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { taggedHash } from '../../domain/codec.js';
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import {
  degradedEmergency,
  type DegradedRequest,
  type SignedDegradedRequest,
} from '../../domain/degraded.js';
import { CLINICIAN_QUOTA, type Emergency } from '../../domain/emergency.js';
import { DomainError, type ErrorCode } from '../../domain/errors.js';
import { emergencyId, intentId, type EmergencyId } from '../../domain/ids.js';
import type { Intent } from '../../domain/intent.js';
import { later, type Instant } from '../../domain/time.js';
import type { AuditFacts } from '../../state/audit-writer.js';
import { keys, type Person } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';
import { requesterOf } from '../access/requester.js';
import { notify } from '../emergency/notices.js';
import { writeOpened } from '../emergency/open.js';
import { usesInWindow } from '../emergency/quota.js';
import { hospitalQuota, isSuspended, reproaches } from '../emergency/suspension.js';
import type { Attested } from './attested.js';
import { wasOn } from './mode-at.js';
import { provenSigners, type ProvenSigners, type Signer } from './proven-signers.js';
import { requireReach } from './require-reach.js';
import { degradedState } from './state.js';

type Opened = NonNullable<DegradedRequest['opened']>;
type Signers = ProvenSigners['signers'];
type Verified = Readonly<{
  request: SignedDegradedRequest;
  requestHash: string;
  signers: Signers;
  against: readonly ErrorCode[];
}>;

/** What the ledger says of a request once a transaction has brought it: that it was opened, or why it was not. */
export type Recorded = Readonly<{ opened?: Opened; refusal?: DomainError; audit: AuditFacts }>;

/**
 * Puts a request on the ledger, once, as soon as the ledger has verified who signed it. Until then only the entry mentions
 * it; otherwise any custodian could name a clinician in a patient's log. Its emergency and its intent follow as soon as
 * enough custodians have acknowledged it: from then on reviews, notices, quotas and the exposure report count it like any
 * other. Both are a record of what was opened and open nothing themselves. Rules that the opening broke are written beside
 * them and prevent nothing. Where no version of a person proves a signature, no person is named; but what t custodians
 * acknowledged names its patient and the hospital that asked. Throws EMERGENCY_EXPIRED, and writes nothing, when the
 * custodians who acknowledged it were replaced too long ago.
 */
export async function recordRequest(
  ledger: Ledger,
  request: SignedDegradedRequest,
  { requestHash, isEnough, isTooLate }: Pick<Attested, 'requestHash' | 'isEnough' | 'isTooLate'>,
): Promise<Recorded> {
  const key = keys.degradedRequest(requestHash);
  const before = await read(ledger, key);
  if (before?.opened !== undefined) return { audit: auditOf(request) };
  if (isTooLate)
    throw new DomainError(
      'EMERGENCY_EXPIRED',
      'the custodians who acknowledged this were replaced too long ago; it is not recorded any more',
    );
  const proven = await orRefusal(() => provenSigners(ledger, request));
  if (proven instanceof DomainError) return { refusal: proven, audit: unproven(request, proven, isEnough) };
  const kept = before ?? { v: 1, requestHash, request, firstPostedAt: ledger.now };
  const verified = await orRefusal(() => verify(ledger, { request, requestHash, ...proven }, isEnough));
  if (verified instanceof DomainError) {
    if (before === undefined) await write(ledger, key, kept);
    return { refusal: verified, audit: auditOf(request, undefined, verified) };
  }
  const opened = await open(ledger, verified);
  await write(ledger, key, { ...kept, request, opened });
  return { opened, audit: auditOf(request, opened) };
}

/** The entry about a request that names people who did not sign it: only what t custodians acknowledged. */
function unproven(request: SignedDegradedRequest, refusal: DomainError, isEnough: boolean): AuditFacts {
  const { mspId: hospital } = request.statement.requester;
  if (isEnough) return { ...auditOf(request, undefined, refusal), hospital };
  return { act: 'degraded-posted', outcome: 'refused', codes: [refusal.code] };
}

function auditOf(
  { statement: { handle, segments } }: SignedDegradedRequest,
  opened?: Opened,
  refusal?: DomainError,
): AuditFacts {
  const recordIds = [...new Set(segments.map(({ recordId }) => recordId))].sort();
  const codes = refusal === undefined ? (opened?.against ?? []) : [refusal.code];
  return {
    act: 'degraded-posted',
    handle,
    purpose: 'BTG',
    recordIds,
    ...(opened && { emergencyId: opened.emergencyId, intentId: opened.intentId }),
    ...(refusal && { outcome: 'refused' as const }),
    ...(codes.length > 0 && { codes }),
  };
}

/** The answer of a check, or its refusal. */
async function orRefusal<T>(act: () => Promise<T>): Promise<T | DomainError> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

/** Throws the code of the refusal while too few have acknowledged the request, or for one that is about nothing. */
async function verify(
  ledger: Ledger,
  { request, requestHash, signers, against }: Verified,
  isEnough: boolean,
): Promise<Verified> {
  const { declaredAt, handle } = request.statement;
  if (!isEnough)
    throw new DomainError(
      'TOO_FEW_ACKNOWLEDGEMENTS',
      'too few custodians are known to have acknowledged this',
    );
  if (declaredAt > later(ledger.now, CLOCK_SKEW_MS))
    throw new DomainError('EMERGENCY_NOT_OPEN', 'the request claims a time in the future');
  if ((await read(ledger, keys.patient(handle))) === undefined)
    throw new DomainError('NOT_FOUND', 'no such patient');
  const emergency = emergencyOf(ledger, request, { emergencyId: nameOf(ledger, requestHash), signers });
  const requester = requesterOf(signers[0].person);
  const reach = await orRefusal(() => requireReach(ledger, request, { emergency, requester }));
  if (reach?.code === 'NOT_FOUND') throw reach;
  const codes = [
    ...against,
    ...(await againstMode(ledger, declaredAt)),
    ...(reach === undefined ? [] : [reach.code]),
    ...(await againstPerson(ledger, signers[0].person)),
  ];
  return { request, requestHash, signers, against: [...new Set(codes)] };
}

/** DEGRADED_OFF if the votes that are known now do not show the mode on at that time. */
async function againstMode(ledger: Ledger, declaredAt: Instant): Promise<readonly ErrorCode[]> {
  const { needed } = await degradedState(ledger);
  return (await wasOn(ledger, declaredAt, needed)) ? [] : ['DEGRADED_OFF'];
}

/** Quota and overdue reviews, which are of the moment, not of the time of the request. */
async function againstPerson(
  ledger: Ledger,
  person: Person & Pick<Signer['person'], 'mspId'>,
): Promise<readonly ErrorCode[]> {
  const [uses, standing] = await Promise.all([
    usesInWindow(ledger, person.mspId),
    reproaches(ledger, person.mspId),
  ]);
  const own = uses.filter(
    ({ practitionerId, personTag }) =>
      practitionerId === person.practitionerId || personTag === person.personTag,
  );
  const isOver = own.length >= CLINICIAN_QUOTA || uses.length >= hospitalQuota(standing);
  return [
    ...(isOver ? (['EMERGENCY_QUOTA'] as const) : []),
    ...(isSuspended(standing, person) ? (['EMERGENCY_SUSPENDED'] as const) : []),
  ];
}

async function open(ledger: Ledger, of: Verified): Promise<Opened> {
  const { request, requestHash, signers } = of;
  const names = { emergencyId: nameOf(ledger, requestHash), intentId: intentNameOf(ledger, requestHash) };
  const emergency = emergencyOf(ledger, request, { ...names, requestHash, signers });
  await writeOpened(ledger, emergency);
  await notify(ledger, emergency, 'opened');
  await notify(ledger, emergency, 'cosigned');
  await write(ledger, keys.intent(names.intentId), intentOf(ledger, of, names));
  const facts = { ...names, at: ledger.now, txId: ledger.txId };
  return { ...facts, ...(of.against.length > 0 && { against: of.against }) };
}

/** The intent that the reading would have had: run out when it is written, so that no custodian releases on it. */
function intentOf(
  { txId }: Ledger,
  { request, signers: [{ person, actor }] }: Verified,
  names: Pick<Opened, 'emergencyId' | 'intentId'>,
): Intent {
  const { handle, sessionKey, segments, declaredAt } = request.statement;
  return {
    ...{ v: 1, intentId: names.intentId, txId, handle, purpose: 'BTG', sessionKey },
    basis: { kind: 'emergency', emergencyId: names.emergencyId },
    requester: requesterOf(person),
    certificate: actor.certificate,
    declaredAt,
    expiresAt: declaredAt,
    // A custodian acknowledges all that is asked for, or nothing.
    segments: segments.map((ref) => ({ ...ref, decision: 'permit' })),
  };
}

function emergencyOf(
  ledger: Ledger,
  request: SignedDegradedRequest,
  of: Readonly<{
    requestHash?: string;
    emergencyId: EmergencyId;
    signers: Signers;
  }>,
): Emergency {
  const { requestHash, emergencyId: id, signers } = of;
  const [{ actor: requester }, second, third] = signers;
  // A medical officer of another hospital who co-signs is that hospital's duty officer too.
  const isOfficer = second.person.role === 'medical-officer' && second.mspId !== requester.mspId;
  const officer = third?.actor ?? (isOfficer ? second.actor : undefined);
  return degradedEmergency(request, {
    ...{ emergencyId: id, requester, cosigner: second.actor, recordedAt: ledger.now },
    ...(requestHash !== undefined && { requestHash }),
    ...(officer && { dutyOfficer: officer }),
  });
}

function nameOf(ledger: Ledger, requestHash: string): EmergencyId {
  return emergencyId(`em_${nameText(ledger, 'emergency', requestHash)}`, '$');
}

function intentNameOf(ledger: Ledger, requestHash: string): Intent['intentId'] {
  return intentId(`in_${nameText(ledger, 'intent', requestHash)}`, '$');
}

/** A name of the transaction too, which is known to nobody beforehand, so that it cannot be taken already. */
function nameText({ txId }: Ledger, kind: 'emergency' | 'intent', requestHash: string): string {
  return taggedHash(`Tutela-v1-degraded-${kind}`, { requestHash, txId }, sha256).slice(0, 22);
}
