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
import type { Ledger } from '../../state/ledger.js';
import { takeStatement } from '../../state/statements.js';
import { read, remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import {
  namedNoticeKey,
  noticeKey,
  officeMailbox,
  shownNoticeKey,
  signersMailbox,
  type Mailbox,
} from './notices.js';

/**
 * A recipient fetches notices that wait, which is thereby recorded; those of the last days are shown again. The patient's
 * come to whoever carries the patient's signature, a guardian's likewise, an office's to its own officers. Each is read
 * by its name, so that those which others leave or change meanwhile keep no other from being fetched.
 */
export const fetchNotices = submit(request, async (ledger, { patient, ...asked }) => {
  const officer = patient === undefined ? await requirePractitioner(ledger, ['privacy-officer']) : undefined;
  const mailbox = patient === undefined ? officeMailbox(ledger) : await mailboxOfSigner(ledger, patient);
  const [shown, waiting] = await Promise.all([
    Promise.all(asked.shown.map((name) => read(ledger, namedNoticeKey('noticeShown', mailbox, name)))),
    Promise.all(asked.waiting.map((name) => read(ledger, namedNoticeKey('notice', mailbox, name)))),
  ]);
  const notices: Notice[] = [];
  for (const notice of shown)
    if (notice !== undefined && (await isStillShown(ledger, mailbox, notice))) notices.push(notice);
  for (const notice of waiting)
    if (notice !== undefined) notices.push(await deliver(ledger, mailbox, notice));
  const answer: FetchedNotices = { notices, txId: ledger.txId };
  const about = patient === undefined ? {} : subjectOf(patient.statement);
  return {
    answer,
    audit: { act: 'notices-fetched', ...about, ...(officer && { role: officer.role }) },
  };
});

/** What was shown for long enough goes; the chain's history keeps it. */
async function isStillShown(ledger: Ledger, mailbox: Mailbox, notice: Notice): Promise<boolean> {
  const { delivered } = notice;
  if (delivered !== undefined && ledger.now < later(delivered.at, NOTICE_KEPT_MS)) return true;
  await remove(ledger, shownNoticeKey(mailbox, notice));
  return false;
}

/** The notice as delivered. It leaves those that wait, or a mailbox that somebody fills would hide what comes after. */
async function deliver(ledger: Ledger, mailbox: Mailbox, notice: Notice): Promise<Notice> {
  const { now: at, txId, caller } = ledger;
  const shown = { ...notice, delivered: { at, txId, through: caller.mspId, by: caller.id } };
  await remove(ledger, noticeKey(mailbox, notice));
  await write(ledger, shownNoticeKey(mailbox, notice), shown);
  return shown;
}

/** What the audit says of a fetching for a patient: the handle, and the guardian who signed. */
function subjectOf({
  handle,
  guardianId,
}: SignedNoticesRequest['statement']): Pick<AuditFacts, 'handle' | 'guardianId'> {
  return guardianId === undefined ? { handle } : { handle, guardianId };
}

async function mailboxOfSigner(ledger: Ledger, signed: SignedNoticesRequest): Promise<Mailbox> {
  await requireAnyone(ledger);
  const { mspId } = await takeStatement(ledger, signed.statement.handle, signed);
  return signersMailbox(signed, mspId);
}
