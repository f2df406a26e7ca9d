// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { OrdererSignature } from '../ledger/ledger.js';

const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const bytes = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/)
  .max(8_192);

/** What a custodian sees of the chain, as it tells the others. `height` is the number of the newest block. */
export const head = z.strictObject({
  v: z.literal(1),
  mspId: z.string().max(64),
  height: z.number().int().min(0),
  blockHash: hash,
  // The first block follows none.
  previousHash: hash.or(z.literal('')),
  dataHash: hash,
  journalHead: hash,
  at: z.string().max(24),
});
export type Head = z.infer<typeof head>;

/** A head with its custodian's signature, and the orderer's over the header if the peer has one. */
export const signedHead = z.strictObject({
  head,
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
  orderer: z.strictObject({ value: bytes, signatureHeader: bytes, signature: bytes }).optional(),
});
export type SignedHead = Readonly<{ head: Head; signature: string; orderer?: OrdererSignature | undefined }>;

/** Prefix of what a custodian signs. */
export const HEAD_PREFIX = 'Tutela-v1-head';
