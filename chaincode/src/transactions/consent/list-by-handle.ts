// SPDX-License-Identifier: Apache-2.0
import { byHandle } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { consentFilter } from './visible.js';

/** The consents of a handle as they stand now, revoked ones included. */
export const listByHandle = evaluate(byHandle, async (reader, { handle }) => {
  const mayKnow = await consentFilter(reader, handle);
  return { consents: (await list(reader, keys.consent(handle))).filter(mayKnow) };
});
