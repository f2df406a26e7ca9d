// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  enrolmentId,
  instant,
  instantOf,
  mspId,
  p256PublicKey,
  PRACTITIONER_ROLES,
  requireSuspension,
  STATUSES,
  type Decoder,
  type IdentityRef,
  type SignedSuspension,
  type Signer,
  type SuspensionFacts,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { isSignedBy } from '../identity.js';
import type { Ledger } from '../ledger/ledger.js';
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
const suspension = z.looseObject({
  statement: z.looseObject({ signedAt: decodedBy(instant) }),
  liftedAt: decodedBy(instant).optional(),
});

/**
 * Makes sure that a hold on an identity is one by the rule of `registry:SuspendPractitioner`, asked of the own peer's
 * current state. Returns whether the ledger has the identity out of use already. A signer who is held signs nothing.
 */
export async function verifySuspension(
  signed: SignedSuspension,
  { ledger, now, isHeld }: Readonly<{ ledger: Ledger; now: number; isHeld: IsIdentityHeld }>,
): Promise<'open' | 'committed'> {
  const { statement, signatures } = signed;
  const [subject, newest, ...signers] = await Promise.all([
    personOf(ledger, statement),
    newestOf(ledger, statement),
    ...signatures.map((by) => personOf(ledger, by)),
  ]);
  const signersNow = signers.map((one) =>
    one !== undefined && isHeld(one) ? { ...one, status: 'suspended' as const } : one,
  );
  const facts = { channel: ledger.channel, now: instantOf(now), newest, isSignedBy };
  requireSuspension(signed, { ...facts, signers: signersNow });
  if (subject === undefined) throw new DomainError('NOT_FOUND', 'no such practitioner');
  return subject.status === 'active' ? 'open' : 'committed';
}

async function personOf(ledger: Ledger, identity: IdentityRef): Promise<Signer | undefined> {
  const found = await known(() => ledger.evaluate('registry:GetPractitioner', refOf(identity)));
  return found === undefined ? undefined : practitioner.parse(found);
}

async function newestOf(ledger: Ledger, identity: IdentityRef): Promise<SuspensionFacts['newest']> {
  const found = await known(() => ledger.evaluate('registry:GetSuspension', refOf(identity)));
  if (found === undefined) return undefined;
  const { statement, liftedAt } = suspension.parse(found);
  return { signedAt: statement.signedAt, liftedAt };
}

function refOf({ mspId: of, practitionerId }: IdentityRef): IdentityRef {
  return { mspId: of, practitionerId };
}
