// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  enrolmentId,
  instant,
  instantOf,
  mspId,
  p256PublicKey,
  PRACTITIONER_ROLES,
  requireCurrent,
  requireSigner,
  requireSuspension,
  STATUSES,
  suspensionAuthor,
  type Decoder,
  type IdentityRef,
  type SignedSuspension,
  type Signer,
  type SuspensionFacts,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { isSignedBy } from '../identity.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Committed } from './hold-kind.js';
import type { IsIdentityHeld } from './identity-holds.js';
import { known } from './verify-hold.js';

const decodedBy = <T>(decoder: Decoder<T>): z.ZodType<T> =>
  z.transform((value: unknown) => decoder(value, '$'));
const practitioner = z.looseObject({
  mspId: decodedBy(mspId),
  practitionerId: decodedBy(enrolmentId),
  role: z.enum(PRACTITIONER_ROLES),
  status: z.enum(STATUSES),
  publicKey: decodedBy(p256PublicKey).optional(),
});
const suspensions = z.looseObject({
  suspensions: z.array(
    z.looseObject({
      statement: z.looseObject({ mspId: decodedBy(mspId), signedAt: decodedBy(instant) }),
      signatures: z.array(z.looseObject({ mspId: decodedBy(mspId) })),
      txId: z.string(),
      liftedAt: decodedBy(instant).optional(),
    }),
  ),
});

/**
 * Makes sure that a hold on an identity is one by the rule of `registry:SuspendPractitioner`, asked of the own peer's
 * current state. Returns whether the own peer shows a suspension by the same hospitals in force; what others have done
 * to the identity there does not count, since they undo it alone. One signed before this hold may have been lifted. A signer who is held signs nothing.
 */
export async function verifySuspension(
  signed: SignedSuspension,
  { ledger, now, isHeld }: Readonly<{ ledger: Ledger; now: number; isHeld: IsIdentityHeld }>,
): Promise<'open' | Committed> {
  const facts = { channel: ledger.channel, now: instantOf(now), isSignedBy };
  requireCurrent(signed, facts);
  const signers: (Signer | undefined)[] = [];
  for (const [position, by] of signed.signatures.entries()) {
    const found = await personOf(ledger, by);
    signers.push(found !== undefined && isHeld(found) ? { ...found, status: 'suspended' } : found);
    // Who signed nothing has the own peer asked for no more.
    requireSigner(signed, position, { signers, isSignedBy });
  }
  const [subject, newest] = await Promise.all([personOf(ledger, signed.statement), newestOf(ledger, signed)]);
  requireSuspension(signed, { ...facts, newest, signers });
  if (subject === undefined) throw new DomainError('NOT_FOUND', 'no such practitioner');
  if (newest === undefined || newest.liftedAt !== undefined) return 'open';
  return { by: newest.signedAt < signed.statement.signedAt ? undefined : newest.txId };
}

async function personOf(ledger: Ledger, identity: IdentityRef): Promise<Signer | undefined> {
  const found = await known(() => ledger.evaluate('registry:GetPractitioner', refOf(identity)));
  return found === undefined ? undefined : practitioner.parse(found);
}

async function newestOf(
  ledger: Ledger,
  signed: SignedSuspension,
): Promise<(SuspensionFacts['newest'] & Readonly<{ txId: string }>) | undefined> {
  const found = await ledger.evaluate('registry:ListSuspensions', refOf(signed.statement));
  const author = suspensionAuthor(signed);
  const newest = suspensions.parse(found).suspensions.find((one) => suspensionAuthor(one) === author);
  if (newest === undefined) return undefined;
  const { statement, liftedAt, txId } = newest;
  return { signedAt: statement.signedAt, liftedAt, txId };
}

function refOf({ mspId: of, practitionerId }: IdentityRef): IdentityRef {
  return { mspId: of, practitionerId };
}
