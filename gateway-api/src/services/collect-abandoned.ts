// SPDX-License-Identifier: Apache-2.0
import { DomainError, recordId as decodeRecordId, type Manifest } from '@tutela/chaincode/domain';
import type { JournalledPart, PartJournal } from './part-journal.js';
import type { ServiceDeps } from './service-deps.js';
import { readSettled } from './settled-registrations.js';
import { STORE_LIFETIME_MS } from './store-record.js';
import { tryTakeOff } from './take-off.js';

/** How old a part must be before its store counts as given up, in milliseconds: longer than its registration can be ordered. */
const GIVEN_UP_AFTER_MS = STORE_LIFETIME_MS + 12 * 3_600_000;

/**
 * Gives back parts whose record version was never registered, left behind by a crash between storing and anchoring.
 * The ledger is asked first: what turns out to be registered is noted so and stays, and what may still be stays until it
 * is settled. Answers how many were given back: of a part that another pin shares blocks with, no more than its own pin goes.
 */
export async function collectAbandoned(
  deps: Pick<ServiceDeps, 'ledger' | 'storage' | 'nowMs' | 'log'> & Readonly<{ parts: PartJournal }>,
): Promise<number> {
  const { parts, nowMs } = deps;
  const old = parts.unregisteredBefore(nowMs() - GIVEN_UP_AFTER_MS);
  if (old.length === 0) return 0;
  const isSettled = await readSettled(deps);
  const byVersion = Map.groupBy(old, ({ recordId, version }) => `${recordId}@${version}`);
  let collected = 0;
  for (const group of byVersion.values()) {
    const anchored = await anchoredUnlessRefused(deps, group[0]);
    if (anchored === undefined) continue;
    parts.registered(group.filter(({ cid }) => anchored.has(cid)).map(({ cid }) => cid));
    const lost = group.filter(({ cid, orderedAtMs }) => !anchored.has(cid) && isSettled(orderedAtMs));
    const taken = await tryTakeOff(deps, lost);
    const released = lost.filter((_, index) => taken[index]?.released);
    parts.forget(released.map(({ cid }) => cid));
    collected += released.length;
  }
  return collected;
}

/** What the ledger names of a version, or undefined when it does not answer for it: the other versions are collected all the same. */
async function anchoredUnlessRefused(
  deps: Pick<ServiceDeps, 'ledger' | 'log'>,
  of: JournalledPart | undefined,
): Promise<ReadonlySet<string> | undefined> {
  try {
    return await anchoredCids(deps, of);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    deps.log.warn({ code: error.code }, 'the parts of a store cannot be collected; it is tried again');
    return undefined;
  }
}

async function anchoredCids(
  { ledger }: Pick<ServiceDeps, 'ledger'>,
  of: JournalledPart | undefined,
): Promise<ReadonlySet<string>> {
  if (of === undefined) return new Set();
  try {
    const asked = { recordId: decodeRecordId(of.recordId, 'recordId'), version: of.version };
    const { segments }: Manifest = await ledger.askOwnPeer('record:GetManifest', asked);
    return new Set(segments.flatMap(({ parts }) => parts.map(({ cid }) => cid)));
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'NOT_FOUND' || error.code === 'ERASED'))
      return new Set();
    throw error;
  }
}
