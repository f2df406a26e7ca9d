// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import { underPresentKey, type KeyRotationView } from '../../domain/key-rotation.js';
import { isInForce } from '../../domain/policy.js';
import { byHandle } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { delayOfAct } from '../../state/sightings.js';
import { readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { standingConsents } from '../consent/standing.js';

/** A handle's newest rotation, who has seen its approval, and at the home hospital the consents that wait to be signed anew. */
export const getKeyRotation = evaluate(byHandle, async (reader, { handle }): Promise<KeyRotationView> => {
  await requireAnyone(reader);
  const [rotation, patient] = await Promise.all([
    readExisting(reader, keys.keyRotation(handle)),
    readExisting(reader, keys.patient(handle)),
  ]);
  const isHome = reader.caller.mspId === patient.mspId;
  const consents = isHome ? await standingConsents(reader, handle) : [];
  const standing = consents.filter((consent) => isInForce(consent, reader.now));
  const counted = new Set<Consent>(underPresentKey(standing, patient));
  const waiting = standing.filter((consent) => !counted.has(consent));
  const delay = rotation.approval && (await delayOfAct(reader, rotation.approval.txId));
  return { ...rotation, ...delay, toConfirm: waiting.map(({ statement }) => statement.consentId) };
});
