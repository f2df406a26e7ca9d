// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { openOnly, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { sameBytes } from './compare.js';
import { claim } from './step.js';
import type { Story } from './story.js';

/** A ward, not a load test: there is some time between two acts. */
const PAUSE_MS = 400;

/** What was done, and how often others read and wrote meanwhile. */
export interface Meanwhile<T> {
  readonly done: T;
  readonly reads: number;
  readonly writes: number;
  /** The longest that one reading or writing took, in milliseconds. */
  readonly longestMs: number;
}

/**
 * Does the work while the letter is opened, and a note stored, again and again. Each must succeed, the last of them
 * after the work is done.
 */
export async function whileOthersGoOn<T>(story: Story, work: () => Promise<T>): Promise<Meanwhile<T>> {
  const ended = new AbortController();
  const [done, reading, writing] = await Promise.all([
    work().finally(() => {
      ended.abort();
    }),
    again(() => readLetter(story), ended.signal),
    again(() => writeNote(story), ended.signal),
  ]);
  const longestMs = Math.max(reading.longestMs, writing.longestMs);
  return { done, reads: reading.count, writes: writing.count, longestMs };
}

async function again(
  act: () => Promise<void>,
  ended: AbortSignal,
): Promise<{ readonly count: number; readonly longestMs: number }> {
  let longestMs = 0;
  for (let count = 1; ; count += 1) {
    const isLast = ended.aborted;
    const startedMs = performance.now();
    await act();
    longestMs = Math.max(longestMs, Math.round(performance.now() - startedMs));
    if (isLast) return { count, longestMs };
    await pause(PAUSE_MS);
  }
}

/** The second hospital reads the letter. */
export async function readLetter({ cast, chart }: Story): Promise<void> {
  const { patient, visitingPhysician } = cast;
  const letter = await openOnly(visitingPhysician, { patient, recordId: chart.letter.stored.recordId });
  claim(sameBytes(letter, chart.letter.file.bytes), 'reading goes on');
}

async function writeNote({ cast }: Story): Promise<void> {
  const { recordId } = await storeRecord(cast.physician, cast.patient, smallDocument('Stored meanwhile'), {});
  claim(recordId !== '', 'writing goes on');
}
