// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import {
  recipientsOf,
  type Notice,
  type NoticeCause,
  type NoticeName,
  type Recipient,
  type SignedNoticesRequest,
} from '../../domain/notice.js';
import { keys, signerName, type Key, type MailboxName, type NoticeSubject } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';
import { guardiansOf } from '../registry/guardians.js';

/**
 * Leaves a notice of a step for each of its recipients, and the privacy offices of further hospitals; no mailbox is read,
 * so that no step waits for another.
 */
export async function notify(
  ledger: Ledger,
  emergency: Emergency,
  cause: NoticeCause,
  others: readonly MspId[] = [],
): Promise<void> {
  const { emergencyId, handle, requester } = emergency;
  await leaveNotices(ledger, { handle, cause, emergencyId }, requester.mspId, others);
}

/** Leaves a notice for patient, guardians, and the privacy offices at home, of the hospital that acts, and of others. */
export async function leaveNotices(
  ledger: Ledger,
  about: Pick<Notice, 'handle' | 'cause' | 'emergencyId' | 'record'>,
  acting: MspId,
  others: readonly MspId[] = [],
): Promise<void> {
  const [patient, guardians] = await Promise.all([
    read(ledger, keys.patient(about.handle)),
    guardiansOf(ledger, about.handle),
  ]);
  const home = patient?.mspId ?? acting;
  for (const recipient of recipientsOf(about, [home, acting, ...others], guardians)) {
    const { now: at, txId } = ledger;
    const notice: Notice = { v: 1, ...about, recipient, at, txId };
    await write(ledger, noticeKey(mailboxOf(recipient, home), notice), notice);
  }
}

export type Mailbox = readonly [at: MspId, of: MailboxName];

type NoticeAbout = Pick<Notice, 'emergencyId' | 'record' | 'handle' | 'cause'>;

/** Where one notice waits in its mailbox. A privacy office's has those of many patients. */
export function noticeKey(mailbox: Mailbox, notice: NoticeAbout): Key<Notice> {
  return keys.notice(...mailbox, subjectOf(notice), notice.cause);
}

/** Where it is kept once it was delivered. */
export function shownNoticeKey(mailbox: Mailbox, notice: NoticeAbout): Key<Notice> {
  return keys.noticeShown(...mailbox, subjectOf(notice), notice.cause);
}

/** A notice by its name, in one of the two parts of a mailbox. */
export function namedNoticeKey(
  part: 'notice' | 'noticeShown',
  mailbox: Mailbox,
  { about, cause }: NoticeName,
): Key<Notice> {
  // What names no notice names a key where none stands.
  return keys[part](...mailbox, about as NoticeSubject, cause);
}

/** How a notice is named within its mailbox. */
export function nameOf(notice: NoticeAbout): NoticeName {
  return { about: subjectOf(notice), cause: notice.cause };
}

function subjectOf({ emergencyId, record, handle }: NoticeAbout): NoticeSubject {
  return emergencyId ?? (record === undefined ? handle : `${record.recordId}.${record.version}`);
}

/** Where a recipient's notices are kept: under the hospital that answers for their delivery, then by recipient. */
export function mailboxOf(recipient: Recipient, home: MspId): Mailbox {
  switch (recipient.kind) {
    case 'patient':
    case 'guardian':
      return [home, signerName(recipient)];
    case 'privacy-office':
      return [recipient.mspId, recipient.mspId];
  }
}

/** The mailbox of the caller's privacy office. */
export function officeMailbox({ caller: { mspId } }: Reader): Mailbox {
  return mailboxOf({ kind: 'privacy-office', mspId }, mspId);
}

/** The mailbox of whoever signed the request: the patient, or a guardian whose id the statement names. */
export function signersMailbox({ statement }: SignedNoticesRequest, home: MspId): Mailbox {
  const { handle, guardianId } = statement;
  if (guardianId === undefined) return mailboxOf({ kind: 'patient', handle }, home);
  return mailboxOf({ kind: 'guardian', handle, guardianId }, home);
}
