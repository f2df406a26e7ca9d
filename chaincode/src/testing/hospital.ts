// SPDX-License-Identifier: Apache-2.0
import { KeyObject } from 'node:crypto';
import type { EnrolmentId, MspId } from '../domain/ids.js';
import type { FakeLedger } from './fake-ledger.js';
import { enrol, type Identity } from './identity.js';
import { uncompressed } from './patient.js';
import { runTransaction } from './runner.js';

/** A hospital's own identities. */
export type TestHospital = Readonly<{
  mspId: MspId;
  registrar: Identity;
  gateway: Identity;
  custodian: Identity;
  operator: Identity;
}>;

/** A hospital with fresh identities. */
export async function foundHospital(of: MspId): Promise<TestHospital> {
  // These ids are of the form that the decoder demands.
  const [registrar, gateway, custodian, operator] = await Promise.all([
    enrol(of, 'registrar' as EnrolmentId, 'administrator'),
    enrol(of, 'gateway' as EnrolmentId, 'gateway'),
    enrol(of, 'custodian' as EnrolmentId, 'custodian'),
    enrol(of, 'operator' as EnrolmentId, 'operator'),
  ]);
  return { mspId: of, registrar, gateway, custodian, operator };
}

/** Puts a hospital and its custodian on the ledger. */
export async function registerHospital(
  ledger: FakeLedger,
  { registrar, custodian }: TestHospital,
): Promise<void> {
  await runTransaction(ledger, registrar, 'registry:RegisterHospital', {});
  const publicKey = uncompressed(KeyObject.from(custodian.keys.privateKey));
  await runTransaction(ledger, custodian, 'registry:RegisterCustodian', {
    url: 'https://localhost:7000',
    publicKey,
  });
}
