// SPDX-License-Identifier: Apache-2.0
import { listNotices as request, type NoticePage } from '../../domain/notice.js';
import { requireAnyone, requirePractitioner } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { checkStatement } from '../../state/statements.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import type { SignedNoticesRequest } from '../../domain/notice.js';
import { nameOf, officeMailbox, signersMailbox, type Mailbox } from './notices.js';

/** The names of a mailbox's notices page by page, for those who may fetch them; what they say comes with the fetching. */
export const listNotices = evaluate(request, async (reader, asked): Promise<NoticePage> => {
  const mailbox = await mailboxFor(reader, asked.patient);
  const part = asked.of === 'waiting' ? keys.notice : keys.noticeShown;
  const range = part(...mailbox, asked.emergencyId);
  const { values, bookmark } = await page(reader, range, asked.pageSize, asked.bookmark);
  const notices = values.map((notice) => ({ ...nameOf(notice), at: notice.at }));
  return bookmark === undefined ? { notices } : { notices, bookmark };
});

async function mailboxFor(reader: Reader, patient: SignedNoticesRequest | undefined): Promise<Mailbox> {
  if (patient === undefined) {
    await requirePractitioner(reader, ['privacy-officer']);
    return officeMailbox(reader);
  }
  await requireAnyone(reader);
  const { mspId } = await checkStatement(reader, patient.statement.handle, patient);
  return signersMailbox(patient, mspId);
}
