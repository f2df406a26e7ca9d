// SPDX-License-Identifier: Apache-2.0
import { declare, grant, openSegment, personGrantee, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { measure, summarize, type Sample } from './statistics.js';
import type { Ward } from './ward.js';

/** From a committed intent to the opened content of a small record: releases of all custodians, combining, fetching. */
export async function measureOnlineUnlock(ward: Ward, runs: number): Promise<Sample> {
  const { author, reader, patient, away } = ward;
  const stored = await storeRecord(author, patient, smallDocument('Unlocked'), { category: 'medication' });
  await grant(author, patient, { grantee: personGrantee(away.mspId, reader), categories: ['medication'] });
  const { recordId, segments } = stored;
  const times: number[] = [];
  await measure(
    runs,
    async (run) => {
      const intent = await declare(reader, { patient, recordId });
      const started = performance.now();
      await openSegment(reader, intent, segments[0]?.segmentId ?? '');
      if (run >= 0) times.push(performance.now() - started);
    },
    2,
  );
  return summarize(times);
}
