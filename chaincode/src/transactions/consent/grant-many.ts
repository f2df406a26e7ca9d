// SPDX-License-Identifier: Apache-2.0
import { signedConsents, type SignedConsent } from '../../domain/consent.js';
import type { ConsentId, Handle } from '../../domain/ids.js';
import type { AuditFacts } from '../../state/audit-writer.js';
import { requireAnyone } from '../../state/caller.js';
import { submit } from '../../state/transaction.js';
import { putNew } from './put-new.js';

/** Grants several consents, all or none; each patient's log gets an entry of its own that names nobody else. */
export const grantMany = submit(signedConsents, async (ledger, { consents }) => {
  await requireAnyone(ledger);
  await putNew(ledger, consents);
  return { audit: entriesOf(consents) };
});

function entriesOf(consents: readonly SignedConsent[]): readonly AuditFacts[] {
  const byHandle = new Map<Handle, ConsentId[]>();
  for (const { statement } of consents) {
    const { handle, consentId } = statement;
    byHandle.set(handle, [...(byHandle.get(handle) ?? []), consentId]);
  }
  return [...byHandle].map(([handle, consentIds]) => ({ act: 'consent-granted', handle, consentIds }));
}
