// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '../domain/codec.js';
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import { DomainError } from '../domain/errors.js';
import { CHANGES_WINDOW_MS, MAX_CHANGES, type Practitioner } from '../domain/registry.js';
import { later, type Instant } from '../domain/time.js';
import { keys } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { read, readExisting, write } from './store.js';

type Name = Pick<Practitioner, 'mspId' | 'practitionerId'>;

/**
 * A hospital changes the entry of one of its own people, {@link MAX_CHANGES} times in a day at most: other hospitals'
 * transactions read the entry, and one that is rewritten without end would keep them from the ledger. What takes a right
 * away is never too much, and bounded by what gives it back. Throws ALREADY_EXISTS or RATE_LIMITED.
 */
export async function changeOwnPractitioner(
  ledger: Ledger,
  before: Practitioner,
  after: Practitioner,
): Promise<Practitioner> {
  if (canonicalJson(after) === canonicalJson(before))
    throw new DomainError('ALREADY_EXISTS', 'the change would change nothing');
  if (!takesAway(before, after)) await requireFewChanges(ledger, before);
  return replacePractitioner(ledger, before, after);
}

/**
 * Writes a practitioner over what stood there, and keeps that: what the person signed before the change is judged by
 * the person's role, status, key and passkeys of that time, whatever the own hospital changes afterwards.
 */
export async function replacePractitioner(
  ledger: Ledger,
  before: Practitioner,
  after: Practitioner,
): Promise<Practitioner> {
  const { mspId, practitionerId, changes = 0 } = before;
  const replaced: Practitioner = { ...after, changes: changes + 1 };
  const past = { practitioner: before, until: ledger.now };
  await write(ledger, keys.pastPractitioner(mspId, practitionerId, changes), past);
  await write(ledger, keys.practitioner(mspId, practitionerId), replaced);
  return replaced;
}

/** A practitioner as the ledger knows them, or knew them until a change. */
type Version = Readonly<{ practitioner: Practitioner; until?: Instant }>;

/** What the ledger knew of a practitioner at an instant, give or take the clock skew: one version or several, oldest first. */
export async function practitionersAt(
  reader: Reader,
  name: Name,
  at: Instant,
): Promise<readonly Practitioner[]> {
  const [from, to] = [later(at, -CLOCK_SKEW_MS), later(at, CLOCK_SKEW_MS)];
  // Each change has its own claimed time, so an earlier one may be dated this much after a later one.
  const end = later(from, -2 * CLOCK_SKEW_MS);
  const found: Practitioner[] = [];
  const keep = ({ practitioner, until }: Version, since: Instant | undefined): void => {
    if ((until === undefined || until >= from) && (since === undefined || since <= to))
      found.unshift(practitioner);
  };
  let version: Version | undefined;
  for await (const earlier of versionsOf(reader, name)) {
    if (version !== undefined) keep(version, earlier.until);
    if (earlier.until !== undefined && earlier.until < end) return found;
    version = earlier;
  }
  if (version !== undefined) keep(version, undefined);
  return found;
}

/** Every version of a practitioner that the ledger ever had, the present one first; each is read when it is asked for. */
export async function* versionsOf(
  reader: Reader,
  { mspId, practitionerId }: Name,
): AsyncGenerator<Version, void> {
  const present = await read(reader, keys.practitioner(mspId, practitionerId));
  if (present === undefined) return;
  yield { practitioner: present };
  for (let position = (present.changes ?? 0) - 1; position >= 0; position -= 1)
    yield await readExisting(reader, keys.pastPractitioner(mspId, practitionerId, position));
}

/** Since when a practitioner is not active, as far as the newest change says; undefined for an active one. */
export async function inactiveSince(
  reader: Reader,
  { mspId, practitionerId, status, changes = 0 }: Practitioner,
): Promise<Instant | undefined> {
  if (status === 'active' || changes === 0) return undefined;
  return (await readExisting(reader, keys.pastPractitioner(mspId, practitionerId, changes - 1))).until;
}

function takesAway(before: Practitioner, after: Practitioner): boolean {
  const isSuspended = before.status === 'active' && after.status === 'suspended';
  return after.status === 'banned' || isSuspended || passkeysOf(after) < passkeysOf(before);
}

function passkeysOf({ passkeys = [] }: Practitioner): number {
  return passkeys.length;
}

async function requireFewChanges(
  ledger: Ledger,
  { mspId, practitionerId, changes = 0 }: Practitioner,
): Promise<void> {
  if (changes < MAX_CHANGES) return;
  const oldest = await readExisting(
    ledger,
    keys.pastPractitioner(mspId, practitionerId, changes - MAX_CHANGES),
  );
  if (ledger.now < later(oldest.until, CHANGES_WINDOW_MS))
    throw new DomainError('RATE_LIMITED', 'the entry was changed often enough today; try again tomorrow');
}
