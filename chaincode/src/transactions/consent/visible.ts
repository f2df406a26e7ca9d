// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import type { Handle } from '../../domain/ids.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/** Which of a handle's consents the caller may know: the home hospital and custodians all, a grantee those that name it. */
export async function consentFilter(reader: Reader, of: Handle): Promise<(consent: Consent) => boolean> {
  await requireAnyone(reader);
  const { mspId, role } = reader.caller;
  const patient = await read(reader, keys.patient(of));
  if (patient?.mspId === mspId || role === 'custodian') return () => true;
  return ({ statement }) => statement.grantee.mspId === mspId;
}
