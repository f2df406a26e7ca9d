// SPDX-License-Identifier: Apache-2.0
import { declare } from './clinic.js';
import type { Consortium, Hospital } from './consortium.js';
import { currentCustody } from './custody.js';
import { startLyingCustodian, type Lie } from './lying-custodian.js';
import type { PatientWallet } from './patient-wallet.js';
import type { Person } from './person.js';
import { waitUntil } from './wait.js';

/** Who reads which segment of whose record. */
export interface Reading {
  readonly consortium: Consortium;
  readonly home: Hospital;
  readonly reader: Person;
  readonly patient: PatientWallet;
  readonly recordId: string;
  readonly segmentId: string;
}

/** What the reader got, whom the answer accuses, and how often the custodian that was replaced lied. */
export interface ReadAmongLies {
  readonly liar: string;
  readonly lies: number;
  readonly bytes: Uint8Array;
  readonly accused: unknown;
}

/** Puts a liar in the place of one custodian and reads; so many honest ones hesitate that the lie is among the first t answers. */
export async function readAmongLies(reading: Reading, lie: Lie): Promise<ReadAmongLies> {
  const { consortium, home } = reading;
  const { members, threshold } = await currentCustody(home.administrator);
  const [liar, ...honest] = members.map(({ mspId }) => consortium.byMsp(mspId)).reverse();
  const [first] = honest;
  if (liar === undefined || first === undefined) throw new Error('the set has fewer than two custodians');
  const hesitant = honest.slice(0, members.length - threshold).map(({ id }) => id);
  return consortium.processes.without([[liar.id, 'custodian']], async () => {
    const lying = await startLyingCustodian(liar, first, lie);
    try {
      const opened = await readWhileHesitating(reading, hesitant, () => lying.lies() > 0);
      return { ...opened, liar: liar.mspId, lies: lying.lies() };
    } finally {
      await lying.stop();
    }
  });
}

/** Opens the segment while some custodians are frozen until a condition holds. */
async function readWhileHesitating(
  { consortium, reader, patient, recordId, segmentId }: Reading,
  hesitant: readonly string[],
  until: () => boolean,
): Promise<Pick<ReadAmongLies, 'bytes' | 'accused'>> {
  const { intentId } = await declare(reader, { patient, recordId });
  for (const id of hesitant) await consortium.processes.signal(id, 'custodian', 'SIGSTOP');
  const opening = reader.raw({ method: 'GET', path: `/v1/intents/${intentId}/content/${segmentId}` });
  try {
    await waitUntil(until, { what: 'the lie to be sent', deadlineMs: 10_000, intervalMs: 20 });
  } finally {
    for (const id of hesitant) await consortium.processes.signal(id, 'custodian', 'SIGCONT');
  }
  const { bytes, headers } = await opening;
  return { bytes, accused: headers['tutela-accused'] };
}
