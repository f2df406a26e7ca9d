// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Block, OrdererRoots } from '../ledger/ledger.js';
import { ordererSigner } from './orderer-signer.js';

/** A block's header with the orderer that signed it, so that a third party can check it. */
export const signedBlock = z.strictObject({
  number: z.number(),
  previousHash: z.string(),
  dataHash: z.string(),
  hash: z.string(),
  signer: z.strictObject({ mspId: z.string(), certificate: z.string() }),
  signature: z.strictObject({ value: z.string(), signatureHeader: z.string(), signature: z.string() }),
});
export type SignedBlock = z.infer<typeof signedBlock>;

/** What is needed of a block to see who signed it. */
export type ShownBlock = Pick<Block, 'number' | 'previousHash' | 'dataHash' | 'hash' | 'ordererSignature'>;

/** A block's header with its signer; undefined where no orderer signed it. */
export function signedBlockOf(
  { number, previousHash, dataHash, hash, ordererSignature: signature }: ShownBlock,
  roots: readonly OrdererRoots[],
): SignedBlock | undefined {
  const header = { number, previousHash, dataHash };
  const signer = signature && ordererSigner(header, signature, roots);
  return signature === undefined || signer === undefined ? undefined : { ...header, hash, signer, signature };
}
