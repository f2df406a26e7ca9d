// SPDX-License-Identifier: Apache-2.0
import { listPins as request, type PinPage } from '../../domain/record.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { readVault } from '../../state/vault.js';

/** The CIDs of all content that the ledger still knows, page by page: what the reconciler keeps, and nothing about whom. */
export const listPins = evaluate(request, async (reader, { pageSize, bookmark: from }): Promise<PinPage> => {
  await requireProcess(reader, ['gateway', 'operator']);
  const { values, bookmark } = await page(reader, keys.record(), pageSize, from);
  const living = values.filter(({ status }) => status !== 'erased');
  const vaults = await Promise.all(
    living.map(({ recordId, version }) => readVault(reader, recordId, version)),
  );
  const cids = vaults.flatMap((vault) =>
    (vault?.manifest.segments ?? []).flatMap(({ parts }) => parts.map(({ cid }) => cid)),
  );
  return bookmark === undefined ? { cids } : { cids, bookmark };
});
