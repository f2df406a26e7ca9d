// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { IdentityRef } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import { memoryAttempt, TestConsortium, type TestGateway } from '../testing/test-consortium.js';

type Person = Actor & { kind: 'practitioner' };

let consortium: TestConsortium;
let gateways: readonly [TestGateway, TestGateway, TestGateway];
let administrators: readonly [Person, Person, Person];
/** A physician of the first hospital. */
let doctor: IdentityRef;

/** People whom the gateways registered themselves, with their certified keys. */
async function person(gateway: TestGateway, role: 'administrator' | 'physician'): Promise<Person> {
  const { practitionerId } = await gateway.services.registry.registerPractitioner(
    { kind: 'registrar' },
    { role, department: 'ward', personKey: role },
    memoryAttempt(),
  );
  return { kind: 'practitioner', practitionerId };
}

beforeEach(async () => {
  consortium = await TestConsortium.found();
  gateways = [consortium.gateway(0), consortium.gateway(1), consortium.gateway(2)];
  administrators = (await Promise.all(
    gateways.map((gateway) => person(gateway, 'administrator')),
  )) as unknown as typeof administrators;
  const { practitionerId } = await person(gateways[0], 'physician');
  doctor = { mspId: gateways[0].mspId, practitionerId };
});

const request = () => ({ ...doctor, reason: 'key-stolen' as const });
const statusOf = async () =>
  (await gateways[1].services.registry.getPractitioner(administrators[1], doctor)).status;
const isHeld = (at: number) =>
  consortium.custodians.held.get(gateways[at]?.mspId ?? doctor.mspId)?.has(doctor.practitionerId) === true;

describe('suspensions (F12)', () => {
  test('the own hospital’s administrator suspends at once, and every custodian gets the suspension', async () => {
    const { heldBy, txId } = await gateways[0].services.suspensions.suspend(
      administrators[0],
      request(),
      memoryAttempt(),
    );
    expect(heldBy).toHaveLength(3);
    expect(txId).toBeDefined();
    expect([0, 1, 2].every(isHeld)).toBe(true);
    expect(await statusOf()).toBe('suspended');
  });

  test('another hospital’s waits for a second one’s signature', async () => {
    const { suspensions } = gateways[1].services;
    const first = await suspensions.suspend(administrators[1], request(), memoryAttempt());
    expect(first).toEqual({ suspension: first.suspension, heldBy: [] });
    expect([isHeld(0), await statusOf()]).toEqual([false, 'active']);
    const again = await suspensions.countersign(administrators[1], first.suspension, memoryAttempt());
    expect(again.heldBy).toEqual([]);
    const second = await gateways[2].services.suspensions.countersign(
      administrators[2],
      first.suspension,
      memoryAttempt(),
    );
    expect(second.heldBy).toHaveLength(3);
    expect(await statusOf()).toBe('suspended');
    const [standing] = (await suspensions.list(administrators[1], doctor)).suspensions;
    expect(standing?.signatures.map(({ mspId }) => mspId)).toEqual(['BirchMSP', 'CedarMSP']);
    await suspensions.lift(administrators[1], doctor, memoryAttempt());
    const [lifted] = (await suspensions.list(administrators[1], doctor)).suspensions;
    expect(lifted).toHaveProperty('liftedAt');
  });

  test('a custodian that was faster with the transaction is as good', async () => {
    const { suspensions } = gateways[0].services;
    const { suspension, txId } = await suspensions.suspend(administrators[0], request(), memoryAttempt());
    const repeated = await suspensions.countersign(administrators[0], suspension, memoryAttempt());
    expect(repeated.txId).toBe(txId);
  });

  test('only an administrator can sign', async () => {
    const physician: Actor = { kind: 'practitioner', practitionerId: doctor.practitionerId };
    await expect(
      gateways[0].services.suspensions.suspend(physician, request(), memoryAttempt()),
    ).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    expect(isHeld(0)).toBe(false);
  });
});
