// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, sha256 } from '@tutela/crypto/verify';
import { taggedHash } from '../../domain/codec.js';
import {
  degradedEmergency,
  degradedSigners,
  type DegradedRequest,
  type SignedDegradedRequest,
} from '../../domain/degraded.js';
import type { Actor, Emergency } from '../../domain/emergency.js';
import { emergencyId, intentId, type EmergencyId } from '../../domain/ids.js';
import { INTENT_LIFETIME_MS, type Intent } from '../../domain/intent.js';
import type { Practitioner } from '../../domain/registry.js';
import { later } from '../../domain/time.js';
import type { AuditFacts } from '../../state/audit-writer.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, readExisting, write } from '../../state/store.js';
import { requesterOf } from '../access/requester.js';
import { notify } from '../emergency/notices.js';
import { writeOpened } from '../emergency/open.js';
import type { Attested } from './attested.js';

type Signer = ReturnType<typeof degradedSigners>[number] & Readonly<{ person: Practitioner; actor: Actor }>;

/**
 * Puts a request on the ledger, once, and as soon as t custodians are shown to have acknowledged it its emergency and
 * its intent: from there on reviews, notices, quotas and the exposure report know it like any other. Fewer than t
 * could be making it up. Returns what the audit says.
 */
export async function recordRequest(
  ledger: Ledger,
  request: SignedDegradedRequest,
  { requestHash, by, set }: Attested,
): Promise<AuditFacts> {
  const key = keys.degradedRequest(requestHash);
  const before = await read(ledger, key);
  const opens = before?.opened === undefined && by.length >= set.threshold;
  const after: DegradedRequest = {
    ...(before ?? { v: 1, requestHash, request, firstPostedAt: ledger.now }),
    ...(opens && { opened: await open(ledger, request, requestHash) }),
  };
  if (before === undefined || opens) await write(ledger, key, after);
  const { handle, segments } = request.statement;
  const recordIds = [...new Set(segments.map(({ recordId }) => recordId))].sort();
  const { emergencyId: under, intentId: as } = opens ? (after.opened ?? {}) : {};
  return {
    act: 'degraded-posted',
    handle,
    purpose: 'BTG',
    recordIds,
    ...(under && { emergencyId: under }),
    ...(as && { intentId: as }),
  };
}

async function open(
  ledger: Ledger,
  request: SignedDegradedRequest,
  requestHash: string,
): Promise<NonNullable<DegradedRequest['opened']>> {
  // Of the transaction too, which nobody knows beforehand: so nobody can have taken the name.
  const name = (prefix: string, kind: string): string =>
    `${prefix}${taggedHash(`Tutela-v1-degraded-${kind}`, { requestHash, txId: ledger.txId }, sha256).slice(0, 22)}`;
  const ids = {
    emergencyId: emergencyId(name('em_', 'emergency'), '$'),
    intentId: intentId(name('in_', 'intent'), '$'),
  };
  const signers = await signersOf(ledger, request);
  const emergency = emergencyOf(ledger, request, { requestHash, signers, emergencyId: ids.emergencyId });
  await writeOpened(ledger, emergency);
  await notify(ledger, emergency, 'opened');
  await notify(ledger, emergency, 'cosigned');
  const [{ person, actor }] = signers;
  const { handle, sessionKey, segments, declaredAt } = request.statement;
  const intent: Intent = {
    ...{ v: 1, intentId: ids.intentId, txId: ledger.txId, handle, purpose: 'BTG', sessionKey },
    basis: { kind: 'emergency', emergencyId: ids.emergencyId },
    requester: requesterOf(person),
    certificate: actor.certificate,
    declaredAt,
    expiresAt: later(declaredAt, INTENT_LIFETIME_MS),
    // A custodian acknowledges all that is asked for, or nothing.
    segments: segments.map((ref) => ({ ...ref, decision: 'permit' })),
  };
  await write(ledger, keys.intent(ids.intentId), intent);
  return { ...ids, at: ledger.now, txId: ledger.txId };
}

async function signersOf(
  ledger: Ledger,
  request: SignedDegradedRequest,
): Promise<readonly [Signer, Signer, ...Signer[]]> {
  const { txId } = ledger;
  const at = request.statement.declaredAt;
  const signers = await Promise.all(
    degradedSigners(request).map(async (signer): Promise<Signer> => {
      const { mspId, practitionerId } = signer;
      const person = await readExisting(ledger, keys.practitioner(mspId, practitionerId));
      const certificate = hex(sha256(decodeBase64url(signer.certificate)));
      const stepUp = { at, assertion: signer.assertion };
      return { ...signer, person, actor: { ...personOf(person), certificate, at, txId, stepUp } };
    }),
  );
  // A request has at least these two.
  return signers as unknown as readonly [Signer, Signer, ...Signer[]];
}

function emergencyOf(
  ledger: Ledger,
  request: SignedDegradedRequest,
  of: Readonly<{
    requestHash: string;
    emergencyId: EmergencyId;
    signers: readonly [Signer, Signer, ...Signer[]];
  }>,
): Emergency {
  const { requestHash, emergencyId: id, signers } = of;
  const [{ actor: requester }, second, third] = signers;
  // A medical officer of another hospital who co-signs is that hospital's duty officer too.
  const isOfficer = second.person.role === 'medical-officer' && second.mspId !== requester.mspId;
  const officer = third?.actor ?? (isOfficer ? second.actor : undefined);
  return degradedEmergency(request, {
    ...{ emergencyId: id, requestHash, requester, cosigner: second.actor, recordedAt: ledger.now },
    ...(officer && { dutyOfficer: officer }),
  });
}

function personOf({
  mspId,
  practitionerId,
  personTag,
}: Practitioner): Omit<Actor, 'certificate' | 'at' | 'txId'> {
  return { mspId, practitionerId, personTag };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
