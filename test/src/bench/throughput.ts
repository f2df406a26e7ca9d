// SPDX-License-Identifier: Apache-2.0
import { CONSENT_PLACES } from '@tutela/chaincode/domain';
import { grant } from '../support/clinic.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import { randomNonce } from '../support/random-id.js';
import { ratioOfMedians, round, summarize, type Ratio, type Sample } from './statistics.js';
import type { Ward } from './ward.js';

const WORKERS_PER_HOSPITAL = 16;
const WARM_UP_SECONDS = 2;

/** Transactions per second of consent grants through the gateways' REST interface, beside raw puts. */
export interface ThroughputFigures {
  readonly rounds: number;
  readonly secondsEach: number;
  readonly grantTps: Sample;
  readonly rawPutTps: Sample;
  /** Grants over raw puts. */
  readonly ratio: Ratio;
  readonly failed: Readonly<{ grants: number; puts: number }>;
}

interface Rate {
  readonly perSecond: number;
  readonly failed: number;
}

/** Measures both in alternating rounds of the same length, after a warm-up. */
export async function measureThroughput(
  ward: Ward,
  plan: Readonly<{ rounds: number; secondsEach: number }>,
): Promise<ThroughputFigures> {
  const puts = ward.consortium.hospitals.map((hospital) => () => ward.raw.put(hospital));
  const grants = await grantsOf(ward);
  await rate(grants, WARM_UP_SECONDS);
  await rate(puts, WARM_UP_SECONDS);
  const rounds: Readonly<{ grants: Rate; puts: Rate }>[] = [];
  for (let round = 0; round < plan.rounds; round += 1)
    rounds.push({ grants: await rate(grants, plan.secondsEach), puts: await rate(puts, plan.secondsEach) });
  const failures = (of: 'grants' | 'puts') => rounds.reduce((total, each) => total + each[of].failed, 0);
  return {
    ...plan,
    grantTps: summarize(rounds.map((each) => each.grants.perSecond)),
    rawPutTps: summarize(rounds.map((each) => each.puts.perSecond)),
    ratio: ratioOfMedians(rounds.map((each) => ({ of: each.grants.perSecond, over: [each.puts.perSecond] }))),
    failed: { grants: failures('grants'), puts: failures('puts') },
  };
}

/**
 * At each hospital patients who grant to ever new people, through a clerk: each worker has one of its own, and another
 * when that one has granted as many consents as a handle has places.
 */
function grantsOf({ consortium }: Ward): Promise<readonly (() => Promise<void>)[]> {
  return Promise.all(
    consortium.hospitals.map(async (hospital) => {
      const clerk = await consortium.person(hospital, 'physician');
      const patients: { readonly wallet: PatientWallet; granted: number }[] = [];
      return async () => {
        const patient = patients.pop() ?? { wallet: await consortium.patient(hospital), granted: 0 };
        const grantee = {
          kind: 'person',
          mspId: hospital.mspId,
          practitionerId: `pr_${randomNonce()}`,
        };
        await grant(clerk, patient.wallet, { grantee, categories: ['laboratory'] });
        patient.granted += 1;
        if (patient.granted < CONSENT_PLACES) patients.push(patient);
      };
    }),
  );
}

/** Successful calls per second with a fixed number of workers at each hospital. */
async function rate(calls: readonly (() => Promise<void>)[], seconds: number): Promise<Rate> {
  const started = performance.now();
  const until = started + seconds * 1000;
  let done = 0;
  let failed = 0;
  const worker = async (call: () => Promise<void>) => {
    while (performance.now() < until) {
      await call().then(
        () => (done += 1),
        () => (failed += 1),
      );
    }
  };
  await Promise.all(
    calls.flatMap((call) => Array.from({ length: WORKERS_PER_HOSPITAL }, () => worker(call))),
  );
  return { perSecond: round((done * 1000) / (performance.now() - started)), failed };
}
