// SPDX-License-Identifier: Apache-2.0
import type { RecordVersion } from '../../domain/record.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { write } from '../../state/store.js';
import { purgeVault } from '../../state/vault.js';

/** Destroys what opens a version, manifest and capsules, at every hospital; its public anchor stays. */
export async function destroyVersion(ledger: Ledger, version: RecordVersion): Promise<void> {
  await purgeVault(ledger, version.recordId, version.version);
  await write(ledger, keys.record(version.recordId, version.version), { ...version, status: 'erased' });
}
