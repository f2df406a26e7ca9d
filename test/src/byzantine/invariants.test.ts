// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seeded } from '@tutela/chaincode/testing';
import { AttackedConsortium } from './attacked-consortium.js';
import { Invariants } from './invariants.js';

const TIMEOUT_MS = 120_000;
let at: AttackedConsortium;

beforeAll(async () => {
  at = await AttackedConsortium.found({
    hospitals: ['Alder', 'Birch', 'Cedar'],
    hostile: 1,
    random: seeded(1),
  });
}, TIMEOUT_MS);
afterAll(() => at.end());

const quiet = () => Promise.resolve();

/** Writes to the state as t hospitals with changed chaincode could. */
function plant(key: readonly [string, ...string[]], value: object): void {
  const stub = at.world.ledger.propose(at.anyHostile());
  const [kind, ...parts] = key;
  stub.rwset.writes.set(
    stub.createCompositeKey(kind, parts),
    new TextEncoder().encode(JSON.stringify(value)),
  );
  at.world.ledger.commit(stub);
}

describe('the judge of what hostile hospitals did', () => {
  test('is content while nothing has happened', async () => {
    const invariants = new Invariants(at, quiet);
    await invariants.afterRound(0);
    expect(() => {
      invariants.afterMove();
    }).not.toThrow();
  });

  test('notices a share that no rule permits', () => {
    const invariants = new Invariants(at, quiet);
    at.leaked = 1;
    expect(() => {
      invariants.afterMove();
    }).toThrow('released shares');
    at.leaked = 0;
  });

  test('notices a change that left no trace in the audit', () => {
    const invariants = new Invariants(at, quiet);
    plant(['nonce', at.patient.handle, 'x'], { v: 1 });
    expect(() => {
      invariants.afterMove();
    }).toThrow('without an audit entry');
  });

  test('notices an accusation of an honest custodian, and a person who may not act', async () => {
    const invariants = new Invariants(at, quiet);
    plant(['accusation', 'AlderMSP', 'x'], { custodian: 'AlderMSP' });
    await expect(invariants.afterRound(0)).rejects.toThrow('stands accused');
    plant(['accusation', 'AlderMSP', 'x'], { custodian: 'CedarMSP' });
    plant(['practitioner', 'BirchMSP', 'x'], { mspId: 'BirchMSP', status: 'suspended' });
    await expect(invariants.afterRound(0)).rejects.toThrow('may not act');
    plant(['practitioner', 'BirchMSP', 'x'], { mspId: 'BirchMSP', status: 'active' });
  });

  test('notices a custodian that no longer answers', async () => {
    const invariants = new Invariants(at, quiet);
    await at.consortium.stop(0);
    await expect(invariants.afterRound(0)).rejects.toThrow();
    await at.consortium.start(0);
  });

  test('notices another key of the patient', async () => {
    const invariants = new Invariants(at, quiet);
    plant(['patient', at.patient.handle], { v: 1, handle: at.patient.handle, publicKey: 'another' });
    await expect(invariants.afterRound(0)).rejects.toThrow('belongs to the patient');
  });
});
