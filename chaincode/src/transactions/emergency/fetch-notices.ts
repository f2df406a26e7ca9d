// SPDX-License-Identifier: Apache-2.0
import {
  fetchNotices as request,
  NOTICE_KEPT_MS,
  type FetchedNotices,
  type Notice,
  type SignedNoticesRequest,
} from '../../domain/notice.js';
import { later } from '../../domain/time.js';
import type { AuditFacts } from '../../state/audit-writer.js';
import { requireAnyone, requirePractitioner } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { takeStatement } from '../../state/statements.js';
import { list, remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { mailboxOf, noticeKey } from './notices.js';

type Mailbox = ReturnType<typeof mailboxOf>;

/**
 * A recipient fetches the notices that wait, which is thereby recorded; those of the last days are shown again. The
 * patient's come to whoever carries the patient's signature, a guardian's likewise, an office's to its own officers.
 */
export const fetchNotices = submit(request, async (ledger, { patient, emergencyId }) => {
  const officer = patient === undefined ? await requirePractitioner(ledger, ['privacy-officer']) : undefined;
  const mailbox = patient === undefined ? officeOf(ledger) : await mailboxOfPatient(ledger, patient);
  const found = await list(ledger, keys.notice(...mailbox, emergencyId));
  const notices: Notice[] = [];
  for (const notice of found) {
    const shown = await deliver(ledger, mailbox, notice);
    if (shown !== undefined) notices.push(shown);
  }
  const answer: FetchedNotices = { notices, txId: ledger.txId };
  const about = patient === undefined ? {} : subjectOf(patient.statement);
  return {
    answer,
    audit: { act: 'notices-fetched', ...about, ...(officer && { role: officer.role }) },
  };
});

/** The notice as delivered, or undefined for one that was shown for long enough; the chain's history keeps it. */
async function deliver(ledger: Ledger, mailbox: Mailbox, notice: Notice): Promise<Notice | undefined> {
  const key = noticeKey(mailbox, notice);
  const { now: at, txId, caller } = ledger;
  if (notice.delivered === undefined) {
    const delivered = { at, txId, through: caller.mspId, by: caller.id };
    await write(ledger, key, { ...notice, delivered });
    return { ...notice, delivered };
  }
  if (at < later(notice.delivered.at, NOTICE_KEPT_MS)) return notice;
  await remove(ledger, key);
  return undefined;
}

/** What the audit says of a fetching for a patient: the handle, and the guardian who signed. */
function subjectOf({
  handle,
  guardianId,
}: SignedNoticesRequest['statement']): Pick<AuditFacts, 'handle' | 'guardianId'> {
  return guardianId === undefined ? { handle } : { handle, guardianId };
}

function officeOf({ caller: { mspId } }: Ledger): Mailbox {
  return mailboxOf({ kind: 'privacy-office', mspId }, mspId);
}

async function mailboxOfPatient(ledger: Ledger, signed: SignedNoticesRequest): Promise<Mailbox> {
  await requireAnyone(ledger);
  const { handle, guardianId } = signed.statement;
  const patient = await takeStatement(ledger, handle, signed);
  if (guardianId === undefined) return mailboxOf({ kind: 'patient', handle }, patient.mspId);
  return mailboxOf({ kind: 'guardian', handle, guardianId }, patient.mspId);
}
