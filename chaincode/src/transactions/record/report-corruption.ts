// SPDX-License-Identifier: Apache-2.0
import { reportCorruption as request } from '../../domain/record.js';
import { isProcess, requirePractitioner, requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { findVault } from '../../state/vault.js';
import { absent } from './visible.js';

/** A reader, or the reader's gateway, puts on record that content of a segment did not verify. */
export const reportCorruption = submit(
  request,
  async (ledger, { recordId, version, segmentId, cid, code }) => {
    if (isProcess(ledger)) await requireProcess(ledger, ['gateway']);
    else await requirePractitioner(ledger);
    const [registered, vault] = await Promise.all([
      read(ledger, keys.record(recordId, version)),
      findVault(ledger, recordId, version),
    ]);
    const segment = vault?.manifest.segments.find((one) => one.segmentId === segmentId);
    const isPart = segment?.parts.some((part) => part.cid === cid) ?? false;
    if (registered === undefined || !isPart) return absent();
    const { ownerHandle: handle } = registered;
    return { audit: { act: 'content-corrupt', handle, recordIds: [recordId], codes: [code] } };
  },
);
