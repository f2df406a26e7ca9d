// SPDX-License-Identifier: Apache-2.0
import { hasEnded, type Consent } from '../../domain/consent.js';
import type { Handle, MspId } from '../../domain/ids.js';
import { underPresentKey } from '../../domain/key-rotation.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list, read } from '../../state/store.js';

/** The consents of a handle that have not ended; an earlier version left some that have ended among them. */
export async function standingConsents(reader: Reader, of: Handle): Promise<readonly Consent[]> {
  const consents = await list(reader, keys.consent(of));
  return consents.filter((consent) => !hasEnded(consent, reader.now));
}

/** The standing consents of a handle that name a hospital or one of its people; to these people no others apply. */
export async function consentsNaming(reader: Reader, of: Handle, mspId: MspId): Promise<readonly Consent[]> {
  const consents = await standingConsents(reader, of);
  return consents.filter(({ statement }) => statement.grantee.mspId === mspId);
}

/** As {@link consentsNaming}, without permits of a key that was lost: what may decide about a hospital's people. */
export async function consentsDeciding(
  reader: Reader,
  of: Handle,
  mspId: MspId,
): Promise<readonly Consent[]> {
  const patient = await read(reader, keys.patient(of));
  return underPresentKey(await consentsNaming(reader, of, mspId), patient);
}
