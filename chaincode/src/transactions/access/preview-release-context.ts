// SPDX-License-Identifier: Apache-2.0
import { previewReleaseContext as request } from '../../domain/intent.js';
import { requireProcess } from '../../state/caller.js';
import { evaluate } from '../../state/transaction.js';
import { contextOf } from './get-release-context.js';

/**
 * What `access:GetReleaseContext` would answer if this intent stood on the ledger as it is given: a custodian reads
 * ahead while an intent is on its way. Nothing is decided here, and nothing is released on it alone.
 */
export const previewReleaseContext = evaluate(request, async (reader, { intent }) => {
  await requireProcess(reader, ['custodian']);
  return contextOf(reader, intent);
});
