// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Track } from './track.js';
import { whenEnough } from './judge.js';

const POLL_MS = 15;
const hold = z.looseObject({ held: z.boolean() });

/** Sends a patient's hold to one custodian, which passes it on; returns whose it is. */
export async function askOneCustodian(
  { custodians, consortium, random }: Track,
  revocation: object,
): Promise<string> {
  const hospital = consortium.at(Math.floor(random() * consortium.hospitals.length));
  await custodians.post(hospital, '/v1/holds', revocation);
  return hospital.mspId;
}

/**
 * Asks all custodians until so many have acknowledged a hold, or until the signal; returns the moment at which the
 * last of them had, in milliseconds of this process. One whose hold has ended already is not seen.
 */
export async function watchHold(
  track: Track,
  { handle, consentId }: Readonly<{ handle: string; consentId: string }>,
  until: AbortSignal,
): Promise<number> {
  const path = `/v1/holds/${handle}/${consentId}`;
  const acknowledged = new Map<string, number>();
  const { hospitals } = track.consortium;
  while (!until.aborted && acknowledged.size < track.enoughToStop) {
    await Promise.all(
      hospitals.map(async (hospital) => {
        const answer = await track.custodians.get(hospital, path).catch(() => undefined);
        const isNew = !acknowledged.has(hospital.id) && hold.safeParse(answer).data?.held === true;
        if (isNew) acknowledged.set(hospital.id, performance.now());
      }),
    );
    await sleep(POLL_MS);
  }
  return whenEnough([...acknowledged.values()], track.enoughToStop);
}
