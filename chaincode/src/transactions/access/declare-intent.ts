// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '../../domain/audit.js';
import { DomainError } from '../../domain/errors.js';
import type { ConsentId } from '../../domain/ids.js';
import {
  declareIntent as request,
  INTENT_LIFETIME_MS,
  type Intent,
  type IntentSegment,
} from '../../domain/intent.js';
import { segmentNameOf, type SegmentRef } from '../../domain/record.js';
import { later } from '../../domain/time.js';
import type { AuditFacts } from '../../state/audit-writer.js';
import { requirePractitioner } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireOwnId } from '../../state/owned-id.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { decide } from './decide.js';
import { requesterOf } from './requester.js';

/**
 * A reader declares what to open, why, and under what. The answer of each segment is recorded, refusals too: nothing
 * opens without this, and no request is without a trace.
 */
export const declareIntent = submit(request, async (ledger, asked) => {
  const requester = requesterOf(await requirePractitioner(ledger));
  requireDistinct(asked.segments);
  requireOwnId(asked.intentId, requester.mspId);
  await requireAbsent(ledger, keys.intent(asked.intentId));
  const { segments, counters } = await decide(ledger, asked, requester);
  const intent: Intent = {
    ...asked,
    v: 1,
    txId: ledger.txId,
    requester,
    certificate: ledger.caller.certificate,
    declaredAt: ledger.now,
    expiresAt: later(ledger.now, INTENT_LIFETIME_MS),
    segments,
  };
  await write(ledger, keys.intent(asked.intentId), intent);
  await counters.count(consentsUsed(segments));
  return { answer: intent, audit: auditOf(intent) };
});

function requireDistinct(refs: readonly SegmentRef[]): void {
  const names = refs.map(segmentNameOf);
  if (new Set(names).size !== names.length)
    throw new DomainError('BAD_REQUEST', 'an intent names a segment once only');
}

function auditOf(intent: Intent): AuditFacts {
  const { handle, purpose, intentId, basis, segments, requester } = intent;
  const codes = distinct(segments.flatMap((segment) => (segment.decision === 'deny' ? [segment.code] : [])));
  const consentIds = consentsUsed(segments);
  return {
    act: 'intent-declared',
    role: requester.role,
    outcome: outcomeOf(intent),
    handle,
    purpose,
    intentId,
    recordIds: distinct(segments.map(({ recordId }) => recordId)),
    ...(codes.length > 0 && { codes }),
    ...(consentIds.length > 0 && { consentIds }),
    ...(basis.kind === 'emergency' && { emergencyId: basis.emergencyId }),
  };
}

function consentsUsed(segments: readonly IntentSegment[]): readonly ConsentId[] {
  return distinct(
    segments.flatMap((segment) =>
      segment.decision === 'permit' && segment.consentId !== undefined ? [segment.consentId] : [],
    ),
  );
}

function outcomeOf({ segments }: Intent): AuditEntry['outcome'] {
  const refused = segments.filter(({ decision }) => decision === 'deny').length;
  if (refused === 0) return 'permitted';
  return refused === segments.length ? 'refused' : 'partly-refused';
}

function distinct<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
