// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import { recipientsOf, type Notice, type NoticeCause, type Recipient } from '../../domain/notice.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';
import { guardiansOf } from '../registry/guardians.js';

/** Leaves a notice of a step for each of its recipients; no mailbox is read, so that no step waits for another. */
export async function notify(ledger: Ledger, emergency: Emergency, cause: NoticeCause): Promise<void> {
  const { emergencyId, handle } = emergency;
  const [patient, guardians] = await Promise.all([
    read(ledger, keys.patient(handle)),
    guardiansOf(ledger, handle),
  ]);
  const home = patient?.mspId ?? emergency.requester.mspId;
  for (const recipient of recipientsOf(emergency, home, guardians)) {
    const { now: at, txId } = ledger;
    const notice: Notice = { v: 1, emergencyId, handle, cause, recipient, at, txId };
    await write(ledger, keys.notice(...mailboxOf(recipient, home), emergencyId, cause), notice);
  }
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
