// SPDX-License-Identifier: Apache-2.0
import type { TestPatient } from '@tutela/chaincode/testing';
import type { Actor } from '../ledger/actor.js';
import { TestConsortium, type TestGateway } from './test-consortium.js';

/** Somebody who acts through a gateway. */
export type Person = Actor & { kind: 'practitioner' };

/** A patient of alder, a physician there who writes, and a physician of birch who reads. */
export type Scene = Readonly<{
  consortium: TestConsortium;
  alder: TestGateway;
  birch: TestGateway;
  patient: TestPatient;
  author: Person;
  reader: Person;
}>;

/** Sets what most tests of services begin with, on a consortium of its own. */
export async function setScene(): Promise<Scene> {
  const consortium = await TestConsortium.found();
  const [alder, birch] = [consortium.gateway(0), consortium.gateway(1)];
  const patient = await consortium.world.patient(alder.hospital);
  const [author, reader] = [await alder.person('physician'), await birch.person('physician')];
  return { consortium, alder, birch, patient, author, reader };
}
