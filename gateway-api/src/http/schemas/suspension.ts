// SPDX-License-Identifier: Apache-2.0
import * as domain from '@tutela/chaincode/domain';
import * as ids from './ids.js';
import { decoded, z, type DecodedSchema } from './zod.js';

const identity = { mspId: ids.mspId.shown, practitionerId: ids.practitionerId.shown };
const members = {
  statement: z
    .strictObject({
      v: z.literal(1),
      kind: z.literal('suspension'),
      channel: z.string().regex(/^[a-z0-9.-]{1,64}$/),
      ...identity,
      reason: z.enum(domain.SUSPENSION_REASONS),
      signedAt: ids.instant.shown,
      nonce: ids.nonce,
    })
    .openapi('SuspensionStatement'),
  signatures: z
    .array(z.strictObject({ ...identity, signature: ids.p256Signature }))
    .min(1)
    .max(2),
};
const signed = z.strictObject(members);

/** What administrators sign, and how it stands on the ledger. */
export const suspension = {
  signed,
  all: z.object({
    suspensions: z.array(
      z.object({
        ...members,
        suspendedAt: ids.instant.shown,
        liftedAt: ids.instant.shown.optional(),
        txId: ids.txId.shown,
      }),
    ),
  }),
};

/** A suspension that another hospital's administrator signed. */
export const signedSuspension: DecodedSchema<domain.SignedSuspension> = decoded(
  signed,
  domain.signedSuspension,
);
