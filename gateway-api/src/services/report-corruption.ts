// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Segment, type SegmentRef } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import { TracedError } from '../ledger/ledger.js';
import { CorruptContent } from './corrupt-content.js';
import type { ServiceDeps } from './service-deps.js';

/**
 * Records on the ledger that a segment's content does not verify, and answers the error that the reader gets; any
 * other error is answered as it is.
 */
export async function reportCorruption(
  { ledger, log }: Pick<ServiceDeps, 'ledger' | 'log'>,
  ref: SegmentRef,
  { parts }: Segment,
  cause: unknown,
): Promise<unknown> {
  if (!(cause instanceof CorruptContent)) return cause;
  const message = 'the stored content does not verify; this is recorded';
  try {
    const report = { ...ref, cid: parts[0]?.cid, code: 'CONTENT_CORRUPT' };
    const { txId } = await ledger.submit(GATEWAY, 'record:ReportCorruption', report);
    return new TracedError('CONTENT_CORRUPT', message, { txId }, { cause });
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    log.error({ ...ref, code }, 'content does not verify, and the ledger did not take the report');
    return new DomainError('CONTENT_CORRUPT', message, { cause });
  }
}
