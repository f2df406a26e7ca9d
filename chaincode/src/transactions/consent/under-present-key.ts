// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import type { Handle } from '../../domain/ids.js';
import { underPresentKey } from '../../domain/key-rotation.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list, read } from '../../state/store.js';

/** The consents of a handle that may decide: no permit of a key that was lost. */
export async function consentsUnderPresentKey(reader: Reader, of: Handle): Promise<readonly Consent[]> {
  const patient = await read(reader, keys.patient(of));
  return underPresentKey(await list(reader, keys.consent(of)), patient);
}
