// SPDX-License-Identifier: Apache-2.0
import type { DegradedQuestion } from '../../domain/degraded.js';
import { recordId as decodeRecordId } from '../../domain/ids.js';
import { MAX_SEGMENTS_PER_INTENT } from '../../domain/intent.js';
import type { SegmentRef } from '../../domain/record.js';
import type { SegmentClass } from '../../domain/vocabulary.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { listNamed } from '../../state/store.js';
import { mapFewAtOnce, findVault } from '../../state/vault.js';
import { versionsOf } from '../record/visible.js';

const CLASSES: Readonly<Record<DegradedQuestion['scope'], readonly SegmentClass[]>> = {
  summary: ['summary'],
  full: ['summary', 'standard'],
};

/**
 * The segments of a handle's records that an emergency of a scope could reach, newest records first. A record whose
 * manifest has not arrived at this peer is left out, so that it keeps no other closed.
 */
export async function segmentsInScope(
  reader: Reader,
  { handle, scope }: Pick<DegradedQuestion, 'handle' | 'scope'>,
): Promise<readonly SegmentRef[]> {
  const named = await listNamed(reader, keys.recordOf(handle));
  const newest = await Promise.all(
    named.map(async ({ name }) => (await versionsOf(reader, decodeRecordId(name, 'recordId'))).at(-1)),
  );
  const current = newest
    .filter((version) => version !== undefined)
    .filter(({ status }) => status === 'current')
    .sort((a, b) => (a.registeredAt < b.registeredAt ? 1 : -1));
  const refs = await mapFewAtOnce(current, ({ recordId, version }) =>
    refsOf(reader, { recordId, version }, CLASSES[scope]),
  );
  return refs.flat().slice(0, MAX_SEGMENTS_PER_INTENT);
}

async function refsOf(
  reader: Reader,
  { recordId, version }: Pick<SegmentRef, 'recordId' | 'version'>,
  classes: readonly SegmentClass[],
): Promise<readonly SegmentRef[]> {
  const manifest = (await findVault(reader, recordId, version))?.manifest;
  const reached = manifest?.segments.filter((segment) => classes.includes(segment.class)) ?? [];
  return reached.map(({ segmentId }) => ({ recordId, version, segmentId }));
}
