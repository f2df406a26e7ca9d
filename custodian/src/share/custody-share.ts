// SPDX-License-Identifier: Apache-2.0
import { MAX_CUSTODIANS } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { storedJson } from '../disk/stored-json.js';

const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** A custodian's share of the consortium key in one epoch, beside what everyone knows; bytes as base64url. */
export const custodyShare = z.strictObject({
  v: z.literal(1),
  mspId: z.string().max(64),
  ceremonyId: z.string().regex(/^cer_[A-Za-z0-9_-]{22}$/),
  epoch: z.number().int().min(1),
  threshold: z.number().int().min(1).max(MAX_CUSTODIANS),
  index: z.number().int().min(1).max(MAX_CUSTODIANS),
  publicKey: bytes32,
  verificationKeys: z.array(bytes32).min(1).max(MAX_CUSTODIANS),
  transcriptHash: bytes32,
  secret: bytes32,
});
export type CustodyShare = Readonly<z.infer<typeof custodyShare>>;

/** Reads a share from its bytes; throws for anything else. */
export function parseShare(bytes: Uint8Array): CustodyShare {
  return storedJson(custodyShare, bytes);
}

/** The bytes of a share, secret. */
export function shareBytes(share: CustodyShare): Uint8Array {
  return Buffer.from(JSON.stringify(custodyShare.parse(share)));
}
