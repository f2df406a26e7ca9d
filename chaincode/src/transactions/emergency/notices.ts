// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import { recipientsOf, type Notice, type NoticeCause, type Recipient } from '../../domain/notice.js';
import { keys, type Key, type NoticeSubject } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';
import { guardiansOf } from '../registry/guardians.js';

/** Leaves a notice of a step for each of its recipients; no mailbox is read, so that no step waits for another. */
export async function notify(ledger: Ledger, emergency: Emergency, cause: NoticeCause): Promise<void> {
  const { emergencyId, handle, requester } = emergency;
  await leaveNotices(ledger, { handle, cause, emergencyId }, requester.mspId);
}

/** Leaves a notice for patient, guardians, and the privacy offices at home and of the hospital that acts. */
export async function leaveNotices(
  ledger: Ledger,
  about: Pick<Notice, 'handle' | 'cause' | 'emergencyId' | 'record'>,
  acting: MspId,
): Promise<void> {
  const [patient, guardians] = await Promise.all([
    read(ledger, keys.patient(about.handle)),
    guardiansOf(ledger, about.handle),
  ]);
  const home = patient?.mspId ?? acting;
  for (const recipient of recipientsOf(about, [home, acting], guardians)) {
    const { now: at, txId } = ledger;
    const notice: Notice = { v: 1, ...about, recipient, at, txId };
    await write(ledger, noticeKey(mailboxOf(recipient, home), notice), notice);
  }
}

/** Where one notice stands in its mailbox. */
export function noticeKey(
  mailbox: ReturnType<typeof mailboxOf>,
  notice: Pick<Notice, 'emergencyId' | 'record' | 'cause'>,
): Key<Notice> {
  return keys.notice(...mailbox, subjectOf(notice), notice.cause);
}

function subjectOf({ emergencyId, record }: Pick<Notice, 'emergencyId' | 'record'>): NoticeSubject {
  return emergencyId ?? (record === undefined ? 'patient-key' : `${record.recordId}.${record.version}`);
}

/** Where a recipient's notices stand: under the hospital that answers for their delivery, then by recipient. */
export function mailboxOf(recipient: Recipient, home: MspId): readonly [at: MspId, of: string] {
  switch (recipient.kind) {
    case 'patient':
      return [home, recipient.handle];
    case 'guardian':
      return [home, recipient.guardianId];
    case 'privacy-office':
      return [recipient.mspId, recipient.mspId];
  }
}
