// SPDX-License-Identifier: Apache-2.0
import * as domain from '@tutela/chaincode/domain';
import * as ids from './ids.js';
import { decoded, z, type DecodedSchema } from './zod.js';

const about = {
  v: z.literal(1),
  channel: z.string().regex(/^[a-z0-9.-]{1,64}$/),
  handle: ids.handle.shown,
  guardianId: ids.guardianId.shown,
  signedAt: ids.instant.shown,
  nonce: ids.nonce,
};
const guardianStatement = z
  .strictObject({ ...about, kind: z.literal('guardian'), publicKey: ids.p256PublicKey })
  .openapi('GuardianStatement');
const removalStatement = z
  .strictObject({ ...about, kind: z.literal('guardian-removal') })
  .openapi('GuardianRemovalStatement');
const proven = { statement: guardianStatement, proof: ids.p256Signature };

/** Guardians whom the registrar names with a handle, each with the own agreement. */
export const provenGuardians = z.array(z.strictObject(proven)).min(1).max(domain.MAX_GUARDIANS);

/** That the patient names a guardian, signed by both; and that a guardianship ends, signed by either. */
export const registerGuardian: DecodedSchema<domain.RegisterGuardian> = decoded(
  z.strictObject({ ...proven, signature: ids.p256Signature }),
  domain.registerGuardian,
);
export const removeGuardian: DecodedSchema<domain.RemoveGuardian> = decoded(
  z.strictObject({ statement: removalStatement, signature: ids.p256Signature }),
  domain.removeGuardian,
);

/** A guardian as the ledger has it. */
export const guardian = z
  .object({
    guardianId: ids.guardianId.shown,
    handle: ids.handle.shown,
    publicKey: ids.p256PublicKey,
    registeredBy: z.enum(['patient', 'registrar']),
    registeredAt: ids.instant.shown,
    txId: ids.txId.shown,
  })
  .openapi('Guardian');
