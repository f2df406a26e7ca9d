// SPDX-License-Identifier: Apache-2.0
import { DomainError, recordId as decodeRecordId, type Manifest } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { JournalledPart, PartJournal } from './part-journal.js';
import type { ServiceDeps } from './service-deps.js';

/** How old a part must be before its store counts as given up, in milliseconds: longer than any store or upload may take. */
const GIVEN_UP_AFTER_MS = 48 * 3_600_000;

/**
 * Gives back parts whose record version was never registered, left behind by a crash between storing and anchoring.
 * The ledger is asked first: what turns out to be registered is noted so and stays. Answers how many were given back.
 */
export async function collectAbandoned(
  deps: Pick<ServiceDeps, 'ledger' | 'storage' | 'nowMs'> & Readonly<{ parts: PartJournal }>,
): Promise<number> {
  const { parts, storage, nowMs } = deps;
  const old = parts.unregisteredBefore(nowMs() - GIVEN_UP_AFTER_MS);
  const byVersion = Map.groupBy(old, ({ recordId, version }) => `${recordId}@${version}`);
  let collected = 0;
  for (const group of byVersion.values()) {
    const anchored = await anchoredCids(deps, group[0]);
    parts.registered(group.filter(({ cid }) => anchored.has(cid)).map(({ cid }) => cid));
    const lost = group.filter(({ cid }) => !anchored.has(cid));
    for (const { cid, blocks } of lost) {
      await storage.unpin(cid);
      await storage.remove(cid, blocks);
    }
    parts.forget(lost.map(({ cid }) => cid));
    collected += lost.length;
  }
  return collected;
}

async function anchoredCids(
  { ledger }: Pick<ServiceDeps, 'ledger'>,
  of: JournalledPart | undefined,
): Promise<ReadonlySet<string>> {
  if (of === undefined) return new Set();
  try {
    const asked = { recordId: decodeRecordId(of.recordId, 'recordId'), version: of.version };
    const { segments }: Manifest = await ledger.evaluate(GATEWAY, 'record:GetManifest', asked);
    return new Set(segments.flatMap(({ parts }) => parts.map(({ cid }) => cid)));
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'NOT_FOUND' || error.code === 'ERASED'))
      return new Set();
    throw error;
  }
}
