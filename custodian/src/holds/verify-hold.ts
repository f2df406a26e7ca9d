// SPDX-License-Identifier: Apache-2.0
import {
  CLOCK_SKEW_MS,
  DomainError,
  handle,
  msOf,
  mspId,
  p256PublicKey,
  statementBytes,
  type Handle,
  type Patient,
  type SignedRevocation,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { isSignedBy } from '../identity.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Committed } from './hold-kind.js';

const patient = z.looseObject({
  handle: z.transform((value: unknown) => handle(value, '$.handle')),
  mspId: z.transform((value: unknown) => mspId(value, '$.mspId')),
  publicKey: z.transform((value: unknown) => p256PublicKey(value, '$.publicKey')),
});
const consent = z.looseObject({
  statement: z.looseObject({ handle: z.string(), consentId: z.string() }),
  revocation: z.looseObject({ txId: z.string() }).optional(),
});

/** The key and home of a registered patient. */
type KnownPatient = Pick<Patient, 'handle' | 'mspId' | 'publicKey'>;
/** What the own peer says of a patient; throws NOT_FOUND. */
export type PatientOf = (of: Handle) => Promise<KnownPatient>;

/** Asks the own peer for a patient. */
export async function askForPatient(ledger: Ledger, of: Handle): Promise<KnownPatient> {
  return patient.parse(await ledger.evaluate('registry:GetPatient', { handle: of }));
}

/**
 * Makes sure that a hold is what it says: signed by the patient, about an own consent on this channel. Returns
 * whether the own peer shows the revocation, which is for good, whoever signed it. Throws SIGNATURE_INVALID for every way in which it is not: a
 * stranger learns nothing about handles and consents.
 */
export async function verifyHold(
  { statement, signature }: SignedRevocation,
  { ledger, patientOf, now }: Readonly<{ ledger: Ledger; patientOf: PatientOf; now: number }>,
): Promise<'open' | Committed> {
  const invalid = new DomainError('SIGNATURE_INVALID', 'the hold is not a valid revocation of that consent');
  if (statement.channel !== ledger.channel || msOf(statement.signedAt) > now + CLOCK_SKEW_MS) throw invalid;
  const owner = await known(() => patientOf(statement.handle));
  if (owner === undefined) throw invalid;
  const { publicKey, handle: of } = owner;
  if (of !== statement.handle || !isSignedBy(publicKey, statementBytes(statement), signature)) throw invalid;
  const { handle: ownerHandle, consentId } = statement;
  const found = await known(() => ledger.evaluate('consent:Get', { handle: ownerHandle, consentId }));
  if (found === undefined) throw invalid;
  const { revocation } = consent.parse(found);
  return revocation === undefined ? 'open' : { by: revocation.txId };
}

/**
 * Whether a hold that was valid has nothing left to hold: the ledger has the revocation, or the patient's present key
 * is not the one that signed it.
 */
export async function isHoldOver(
  { statement, signature }: SignedRevocation,
  ledger: Ledger,
): Promise<boolean> {
  const { handle: of, consentId } = statement;
  const [owner, found] = await Promise.all([
    known(() => askForPatient(ledger, of)),
    known(() => ledger.evaluate('consent:Get', { handle: of, consentId })),
  ]);
  if (owner === undefined || found === undefined) return false;
  if (!isSignedBy(owner.publicKey, statementBytes(statement), signature)) return true;
  return consent.parse(found).revocation !== undefined;
}

/** What the own peer answers, or undefined where there is nothing. */
export async function known<T>(query: () => Promise<T>): Promise<T | undefined> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
