// SPDX-License-Identifier: Apache-2.0
import type { Consent, ConsentStatement } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { read, remove, write } from '../../state/store.js';

/** A consent, and whether it lies among those that stand. */
export type FoundConsent = Readonly<{ consent: Consent; isStanding: boolean }>;
type Named = Pick<ConsentStatement, 'handle' | 'consentId'>;

/** The newest version of a consent, wherever it lies. */
export async function findConsent(
  reader: Reader,
  { handle, consentId }: Named,
): Promise<FoundConsent | undefined> {
  const standing = await read(reader, keys.consent(handle, consentId));
  const consent = standing ?? (await read(reader, keys.endedConsent(handle, consentId)));
  return consent && { consent, isStanding: standing !== undefined };
}

/** As {@link findConsent}; throws NOT_FOUND. */
export async function existingConsent(reader: Reader, named: Named): Promise<FoundConsent> {
  return (await findConsent(reader, named)) ?? noSuchConsent();
}

/** Throws the one answer for a consent that is absent or not to be known. */
export function noSuchConsent(): never {
  throw new DomainError('NOT_FOUND', 'no such consent');
}

/** Throws ALREADY_EXISTS for a consent that stands or has ended. */
export async function requireNewConsent(reader: Reader, named: Named): Promise<void> {
  if ((await findConsent(reader, named)) !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'this consent exists already');
}

/** Puts a consent among those that have ended, and takes it away from those that stand. */
export async function moveToEnded(ledger: Ledger, consent: Consent): Promise<void> {
  const { handle, consentId } = consent.statement;
  await write(ledger, keys.endedConsent(handle, consentId), consent);
  await remove(ledger, keys.consent(handle, consentId));
}
