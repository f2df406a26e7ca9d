// SPDX-License-Identifier: Apache-2.0
import { grant } from '../support/clinic.js';
import { randomNonce } from '../support/random-id.js';
import { round } from './statistics.js';
import type { Ward } from './ward.js';

const WORKERS_PER_HOSPITAL = 16;

/** Transactions per second of consent grants through the gateways' REST interface, beside raw puts. */
export interface ThroughputFigures {
  readonly grantTps: number;
  readonly rawPutTps: number;
  readonly ratio: number;
}

/** Measures both for as long, alternating, after a warm-up. */
export async function measureThroughput(ward: Ward, seconds: number): Promise<ThroughputFigures> {
  const { consortium, raw } = ward;
  const hospitals = consortium.hospitals;
  const doors = await Promise.all(
    hospitals.map(async (hospital) => ({
      hospital,
      clerk: await consortium.person(hospital, 'physician'),
      patient: await consortium.patient(hospital),
    })),
  );
  const grants = doors.map(({ hospital, clerk, patient }) => async () => {
    const grantee = { kind: 'person', mspId: hospital.mspId, practitionerId: `pr_${randomNonce()}` };
    await grant(clerk, patient, { grantee, categories: ['laboratory'] });
  });
  const puts = hospitals.map((hospital) => () => raw.put(hospital));
  await rate(grants, 2);
  await rate(puts, 2);
  const rounds = [
    { grants: await rate(grants, seconds / 2), puts: await rate(puts, seconds / 2) },
    { grants: await rate(grants, seconds / 2), puts: await rate(puts, seconds / 2) },
  ];
  const mean = (of: 'grants' | 'puts') => rounds.reduce((total, each) => total + each[of], 0) / rounds.length;
  return {
    grantTps: round(mean('grants')),
    rawPutTps: round(mean('puts')),
    ratio: round(mean('grants') / mean('puts')),
  };
}

/** Calls per second with a fixed number of workers at each hospital. */
async function rate(calls: readonly (() => Promise<void>)[], seconds: number): Promise<number> {
  const started = performance.now();
  const until = started + seconds * 1000;
  let done = 0;
  const worker = async (call: () => Promise<void>) => {
    while (performance.now() < until) {
      await call();
      done += 1;
    }
  };
  await Promise.all(
    calls.flatMap((call) => Array.from({ length: WORKERS_PER_HOSPITAL }, () => worker(call))),
  );
  return (done * 1000) / (performance.now() - started);
}
