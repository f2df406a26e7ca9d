// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../../domain/emergency.js';
import type { MspId } from '../../domain/ids.js';
import { recipientsOf, type Notice, type NoticeCause, type Recipient } from '../../domain/notice.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';

/** Leaves a notice of a step for each of its recipients; nothing is read of theirs, so that no step waits for another. */
export async function notify(ledger: Ledger, emergency: Emergency, cause: NoticeCause): Promise<void> {
  const { emergencyId, handle } = emergency;
  const home = (await read(ledger, keys.patient(handle)))?.mspId ?? emergency.requester.mspId;
  for (const recipient of recipientsOf(emergency, home)) {
    const { now: at, txId } = ledger;
    const notice: Notice = { v: 1, emergencyId, handle, cause, recipient, at, txId };
    await write(ledger, keys.notice(...mailboxOf(recipient, home), emergencyId, cause), notice);
  }
}

/** Where a recipient's notices stand: under the hospital that answers for their delivery, then by recipient. */
export function mailboxOf(recipient: Recipient, home: MspId): readonly [at: MspId, of: string] {
  return recipient.kind === 'patient' ? [home, recipient.handle] : [recipient.mspId, recipient.mspId];
}
