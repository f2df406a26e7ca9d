// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import type { Practitioner } from '../domain/registry.js';
import { later, type Instant } from '../domain/time.js';
import { keys } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { list, read, write } from './store.js';

type Name = Pick<Practitioner, 'mspId' | 'practitionerId'>;

/**
 * Writes a practitioner over what stood there, and keeps that: what the person signed before the change is judged by
 * the person's role, status, key and passkeys of that time, whatever the own hospital changes afterwards.
 */
export async function replacePractitioner(
  ledger: Ledger,
  before: Practitioner,
  after: Practitioner,
): Promise<void> {
  const { mspId, practitionerId } = before;
  const position = (await list(ledger, keys.pastPractitioner(mspId, practitionerId))).length;
  const past = { practitioner: before, until: ledger.now };
  await write(ledger, keys.pastPractitioner(mspId, practitionerId, position), past);
  await write(ledger, keys.practitioner(mspId, practitionerId), after);
}

/** What the ledger knew of a practitioner at an instant, give or take the clock skew: one version or several, oldest first. */
export async function practitionersAt(
  reader: Reader,
  { mspId, practitionerId }: Name,
  at: Instant,
): Promise<readonly Practitioner[]> {
  const [past, present] = await Promise.all([
    list(reader, keys.pastPractitioner(mspId, practitionerId)),
    read(reader, keys.practitioner(mspId, practitionerId)),
  ]);
  const [from, to] = [later(at, -CLOCK_SKEW_MS), later(at, CLOCK_SKEW_MS)];
  const versions = [...past, ...(present === undefined ? [] : [{ practitioner: present, until: undefined }])];
  const overlapping = versions.filter(({ until }, position) => {
    const since = position === 0 ? undefined : versions[position - 1]?.until;
    return (until === undefined || until >= from) && (since === undefined || since <= to);
  });
  return overlapping.map(({ practitioner }) => practitioner);
}
