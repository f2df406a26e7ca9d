// SPDX-License-Identifier: Apache-2.0
import { recordId } from '../../domain/ids.js';
import type { RecordVersion } from '../../domain/record.js';
import { byHandle } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { listNamed } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { mapFewAtOnce } from '../../state/vault.js';
import { groundsFor, versionsOf, viewerOf, visibleVersion } from './visible.js';

/** The newest version of each record of a handle that the caller may know of. */
export const listByHandle = evaluate(byHandle, async (reader, { handle }) => {
  const viewer = await viewerOf(reader);
  const grounds = await groundsFor(reader, viewer, handle);
  const newest = await newestVersions(reader, await listNamed(reader, keys.recordOf(handle)));
  const visible = await mapFewAtOnce(newest, async (version) =>
    version.author === viewer.mspId
      ? version
      : (await visibleVersion(reader, viewer, version, grounds))?.version,
  );
  return { records: visible.filter((version) => version !== undefined) };
});

async function newestVersions(
  reader: Reader,
  named: readonly Readonly<{ name: string }>[],
): Promise<readonly RecordVersion[]> {
  const all = await Promise.all(named.map(({ name }) => versionsOf(reader, recordId(name, 'recordId'))));
  return all.map((versions) => versions.at(-1)).filter((version) => version !== undefined);
}
