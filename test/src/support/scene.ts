// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll } from '@jest/globals';
import type { Stored } from './answers.js';
import { grant, personGrantee, storeRecord } from './clinic.js';
import type { Consortium, Hospital } from './consortium.js';
import { smallDocument } from './fixtures.js';
import type { PatientWallet } from './patient-wallet.js';
import type { Person } from './person.js';
import { openShared } from './shared-consortium.js';

/** A patient with a record at one hospital, someone elsewhere who may read it, and someone who may not. */
export interface Scene {
  readonly consortium: Consortium;
  readonly home: Hospital;
  readonly away: Hospital;
  readonly physician: Person;
  readonly reader: Person;
  readonly stranger: Person;
  readonly patient: PatientWallet;
  readonly otherPatient: PatientWallet;
  /** One segment of laboratory findings. */
  readonly record: Stored;
  readonly content: Uint8Array;
  /** The reader's consent for `laboratory`, in force. */
  readonly consentId: string;
}

const SET_UP_MS = 120_000;

/** Sets a fresh scene for the tests of a file. */
export function useScene(): () => Scene {
  let scene: Scene | undefined;
  beforeAll(async () => {
    scene = await setScene();
  }, SET_UP_MS);
  afterAll(() => scene?.consortium.close());
  return () => {
    if (scene === undefined) throw new Error('the scene is not set');
    return scene;
  };
}

async function setScene(): Promise<Scene> {
  const consortium = await openShared();
  const [home, away] = [consortium.at(0), consortium.at(1)];
  const [physician, reader, stranger] = await Promise.all([
    consortium.person(home, 'physician'),
    consortium.person(away, 'physician'),
    consortium.person(away, 'physician'),
  ]);
  const [patient, otherPatient] = await Promise.all([consortium.patient(home), consortium.patient(home)]);
  const file = smallDocument('Potassium 4.1 mmol/l');
  const record = await storeRecord(physician, patient, file, { category: 'laboratory' });
  const { consentId } = await grant(physician, patient, {
    grantee: personGrantee(away.mspId, reader),
    categories: ['laboratory'],
  });
  return {
    consortium,
    home,
    away,
    physician,
    reader,
    stranger,
    patient,
    otherPatient,
    record,
    content: file.bytes,
    consentId,
  };
}
