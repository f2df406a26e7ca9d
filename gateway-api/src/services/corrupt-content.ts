// SPDX-License-Identifier: Apache-2.0
import { DomainError, type SegmentRef } from '@tutela/chaincode/domain';
import { CryptoError } from '@tutela/crypto';

/**
 * Content that was fetched, hashed and found to be other than what its manifest anchors. Only this error is ever recorded
 * as corruption on the ledger: what another party merely said is no proof about content.
 */
export class CorruptContent extends DomainError {
  /** Which segment it is, where whoever found it knows. */
  readonly ref?: SegmentRef;

  constructor(message: string, { ref, ...options }: ErrorOptions & Readonly<{ ref?: SegmentRef }> = {}) {
    super('CONTENT_CORRUPT', message, options);
    if (ref !== undefined) this.ref = ref;
  }
}

/** The error for a failure of the cryptography over bytes that were fetched and hashed; any other failure as it is. */
export function asCorruptContent(error: unknown): unknown {
  if (!(error instanceof CryptoError)) return error;
  return new CorruptContent('the stored bytes are not what their manifest and key say', { cause: error });
}
