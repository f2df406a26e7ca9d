// SPDX-License-Identifier: Apache-2.0
import { declare, grant, openSegment, personGrantee, storeRecord } from '../support/clinic.js';
import { BlockIndex, isAfter } from '../support/block-index.js';
import { smallDocument } from '../support/fixtures.js';
import { insiderSettings } from '../support/insider.js';
import { RestProblem } from '../support/rest-problem.js';
import { z } from 'zod';
import type { Ward } from './ward.js';

const WORKERS = 16;
const outcome = z.looseObject({ txId: z.string(), heldBy: z.array(z.string()) });

/** Readings that raced revocations. */
export interface RaceFigures {
  readonly reads: number;
  readonly revocations: number;
  readonly opened: number;
  readonly refused: number;
  /** Opened although the intent stands behind the revocation on the chain, or the release began after it was acknowledged. */
  readonly stale: number;
}

interface Attempt {
  readonly startedAt: number;
  readonly opened: boolean;
  readonly txId: string | undefined;
  /** When the content was asked for, in milliseconds of this process. */
  readonly releaseAt: number | undefined;
}

/** Races readings against revocations, one consent after another, until so many readings were made. */
export async function measureRaces(ward: Ward, reads: number, perRound = 50): Promise<RaceFigures> {
  const { author, patient, away } = ward;
  const blocks = await BlockIndex.follow(insiderSettings(away, 'gateway'));
  const file = smallDocument('Raced for');
  const stored = await storeRecord(author, patient, file, { category: 'laboratory' });
  const total = { reads: 0, revocations: 0, opened: 0, refused: 0, stale: 0 };
  while (total.reads < reads) {
    const round = await raceOnce(ward, { stored, blocks, count: Math.min(perRound, reads - total.reads) });
    total.reads += round.attempts.length;
    total.revocations += 1;
    total.opened += round.attempts.filter(({ opened }) => opened).length;
    total.stale += round.stale;
  }
  await blocks.stop();
  return { ...total, refused: total.reads - total.opened };
}

async function raceOnce(
  { author, reader, patient, away }: Ward,
  race: {
    readonly stored: Awaited<ReturnType<typeof storeRecord>>;
    readonly blocks: BlockIndex;
    readonly count: number;
  },
): Promise<{ readonly attempts: readonly Attempt[]; readonly stale: number }> {
  const { stored, blocks, count } = race;
  const { recordId, segments } = stored;
  const { consentId } = await grant(author, patient, {
    grantee: personGrantee(away.mspId, reader),
    categories: ['laboratory'],
  });
  const revocation = patient.revocation(consentId);
  let acknowledgedAt = Number.POSITIVE_INFINITY;
  let revokedBy = '';
  let begun = 0;
  const revokeAfter = Math.floor(count * (0.2 + 0.6 * Math.random()));
  const attempts: Attempt[] = [];
  let revoking: Promise<void> | undefined;
  const revoke = async () => {
    const path = `/v1/consents/${consentId}/revocation`;
    ({ txId: revokedBy } = outcome.parse(await author.post(path, revocation)));
    acknowledgedAt = performance.now();
  };
  const worker = async () => {
    while (begun < count) {
      begun += 1;
      if (begun > revokeAfter) revoking ??= revoke();
      attempts.push(await attempt({ reader, patient, recordId, segmentId: segments[0]?.segmentId ?? '' }));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  await (revoking ??= revoke());
  const revokedAt = await blocks.placeOf(revokedBy);
  const stale = await Promise.all(
    attempts.map(async ({ opened, txId, releaseAt }) => {
      if (!opened) return false;
      if ((releaseAt ?? 0) > acknowledgedAt) return true;
      return txId !== undefined && isAfter(await blocks.placeOf(txId), revokedAt);
    }),
  );
  return { attempts, stale: stale.filter(Boolean).length };
}

async function attempt(reading: {
  readonly reader: Ward['reader'];
  readonly patient: Ward['patient'];
  readonly recordId: string;
  readonly segmentId: string;
}): Promise<Attempt> {
  const { reader, patient, recordId, segmentId } = reading;
  const startedAt = performance.now();
  let txId: string | undefined;
  let releaseAt: number | undefined;
  try {
    const intent = await declare(reader, { patient, recordId });
    txId = intent.txId;
    releaseAt = performance.now();
    await openSegment(reader, intent, segmentId);
    return { startedAt, opened: true, txId, releaseAt };
  } catch (error) {
    if (error instanceof RestProblem && error.code !== 'UNCODED')
      return { startedAt, opened: false, txId, releaseAt };
    throw error;
  }
}
