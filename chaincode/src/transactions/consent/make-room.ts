// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { CONSENT_PLACES, hasEnded, placesOf, type ConsentStatement } from '../../domain/consent.js';
import { DomainError } from '../../domain/errors.js';
import type { ConsentId, Handle } from '../../domain/ids.js';
import { keys, type ConsentPlace, type Key } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, write } from '../../state/store.js';
import { moveToEnded } from './found.js';

type FreePlaces = AsyncGenerator<Key<ConsentPlace>, undefined>;

/**
 * Takes a place of its handle, or several, for each consent that is about to stand; throws RATE_LIMITED where there are
 * too few. Places are looked at one by one, in an order of the transaction's own: with a list of what stands any
 * two grants of one patient would conflict.
 */
export async function makeRoom(ledger: Ledger, statements: readonly ConsentStatement[]): Promise<void> {
  const places = new Map<Handle, FreePlaces>();
  for (const statement of statements) {
    const { handle, consentId, version } = statement;
    const free = places.get(handle) ?? freePlaces(ledger, handle, idsOf(statements, handle));
    places.set(handle, free);
    for (let needed = placesOf(statement); needed > 0; needed -= 1)
      await write(ledger, await nextOf(free), { v: 1, consentId, version });
  }
}

function idsOf(statements: readonly ConsentStatement[], of: Handle): ReadonlySet<ConsentId> {
  return new Set(statements.filter(({ handle }) => handle === of).map(({ consentId }) => consentId));
}

async function nextOf(places: FreePlaces): Promise<Key<ConsentPlace>> {
  const { value } = await places.next();
  if (value !== undefined) return value;
  throw new DomainError(
    'RATE_LIMITED',
    'too many consents of this handle stand, or they name too many records; revoke or replace one first',
  );
}

async function* freePlaces(ledger: Ledger, of: Handle, taking: ReadonlySet<ConsentId>): FreePlaces {
  for (const place of inOrderOf(ledger.txId)) {
    const key = keys.consentPlace(of, place);
    const taken = await read(ledger, key);
    // A consent that is replaced in this transaction gives back the places of its version before.
    if (taken === undefined || taking.has(taken.consentId) || (await isLeft(ledger, of, taken))) yield key;
  }
  return undefined;
}

/** Whether the consent that took a place does not stand any more; one that has ended is moved to the ended ones. */
async function isLeft(ledger: Ledger, of: Handle, { consentId, version }: ConsentPlace): Promise<boolean> {
  const consent = await read(ledger, keys.consent(of, consentId));
  if (consent?.statement.version !== version) return true;
  if (!hasEnded(consent, ledger.now)) return false;
  await moveToEnded(ledger, consent);
  return true;
}

/** Every place once, in an order that differs from transaction to transaction and is the same on every peer. */
function inOrderOf(txId: string): readonly number[] {
  const [start = 0, step = 0] = sha256(new TextEncoder().encode(txId));
  // No odd step has a divisor in common with the number of places, which is a power of two.
  const odd = 2 * step + 1;
  return Array.from({ length: CONSENT_PLACES }, (_, turn) => (start + turn * odd) % CONSENT_PLACES);
}
