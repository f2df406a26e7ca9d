// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { TRANSACTIONS } from '../domain/names.js';
import { RETIREMENT_DELAY_MS } from '../domain/retirement.js';
import { cooledOff, nameRotation, rotationRequest, withNewKey } from '../testing/key-rotation.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import { commit, CommitFailure, endorse } from '../testing/runner.js';
import { seeAct } from '../testing/sighting.js';
import { TestWorld } from '../testing/world.js';

/**
 * Why each transaction may be endorsed anew by itself after it lost a race: what its arguments bind, so that it never
 * acts on other content than its sender meant.
 *
 * - `content`: they are everything that it writes, under a new id or as the new values of one key of the caller's own.
 * - `signed`: they carry signatures over what is to be done.
 * - `exact`: they name what it acts on by a hash or a transaction, by key and version, or it never changes.
 * - `ending`: it ends or takes up what its id names, once, whatever else was added there.
 * - `deciding`: it asks for the ledger's decision of this moment, and answers with it.
 */
const BINDING: Readonly<Record<string, 'content' | 'signed' | 'exact' | 'ending' | 'deciding'>> = {
  'registry:RegisterHospital': 'content',
  'registry:RegisterPractitioner': 'content',
  'registry:ChangePractitioner': 'content',
  'registry:RegisterPasskey': 'signed',
  'registry:RemovePasskey': 'exact',
  'registry:SuspendPractitioner': 'signed',
  'registry:LiftSuspension': 'ending',
  'registry:RegisterSystem': 'content',
  'registry:ChangeSystem': 'content',
  'registry:RegisterPatient': 'signed',
  'registry:RequestKeyRotation': 'signed',
  'registry:ApproveKeyRotation': 'exact',
  'registry:CancelKeyRotation': 'exact',
  'registry:CompleteKeyRotation': 'exact',
  'registry:RegisterGuardian': 'signed',
  'registry:RemoveGuardian': 'signed',
  'registry:RegisterCustodian': 'content',
  'record:Register': 'exact',
  'record:Erase': 'signed',
  'record:ConfirmErasure': 'exact',
  'record:Retire': 'exact',
  'record:CancelRetirement': 'exact',
  'record:CompleteRetirement': 'exact',
  'record:ConfirmRetirement': 'exact',
  'record:ReportCorruption': 'exact',
  'consent:Grant': 'signed',
  'consent:GrantMany': 'signed',
  'consent:Replace': 'signed',
  'consent:Revoke': 'signed',
  'access:DeclareIntent': 'deciding',
  'emergency:Open': 'signed',
  'emergency:Cosign': 'signed',
  'emergency:ApproveFullScope': 'signed',
  'emergency:Close': 'ending',
  'emergency:BeginReview': 'ending',
  'emergency:Review': 'ending',
  'emergency:Contest': 'signed',
  'emergency:FetchNotices': 'deciding',
  'audit:DeclareRead': 'content',
  'custody:StartCeremony': 'content',
  'custody:Join': 'content',
  'custody:Deal': 'exact',
  'custody:Confirm': 'exact',
  'custody:Complain': 'ending',
  'custody:Reveal': 'exact',
  'custody:Abort': 'ending',
  'custody:Activate': 'ending',
  'custody:Heartbeat': 'content',
  'custody:Sight': 'exact',
  'custody:Accuse': 'signed',
  'degraded:Vote': 'content',
  'degraded:Post': 'signed',
  'degraded:Report': 'signed',
};

const submitted = Object.entries(TRANSACTIONS).flatMap(([contract, { submit }]) =>
  submit.map((name) => `${contract}:${name}`),
);

let world: TestWorld;
let patient: TestPatient;
beforeEach(async () => {
  world = await TestWorld.found();
  patient = await world.patient(world.hospital(0));
});

/** Endorses an act, lets another content take the place of what it names, and sends the act again after the conflict. */
async function isRefusedAfter(
  swap: () => Promise<unknown>,
  [by, name, request]: readonly [Identity, string, object],
): Promise<void> {
  const first = await endorse(world.ledger, by, name, request);
  await swap();
  expect(() => {
    commit(world.ledger, first.stub);
  }).toThrow(CommitFailure);
  const before = world.ledger.world();
  await expect(world.run(by, name, request)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(world.ledger.world()).toEqual(before);
}

describe('what is sent again by itself after a conflict', () => {
  test('every transaction that writes says what its arguments bind', () => {
    expect(Object.keys(BINDING).sort()).toEqual([...submitted].sort());
  });

  test('attack 39: steps of a key rotation never move to another key', async () => {
    const [{ registrar: home }, { registrar: other }] = [world.hospital(0), world.hospital(1)];
    const request = (): Promise<unknown> =>
      world.run(home, 'registry:RequestKeyRotation', rotationRequest(world, withNewKey(patient)));
    const swap = async (): Promise<void> => {
      await world.run(home, 'registry:CancelKeyRotation', nameRotation(world, patient));
      await request();
    };
    await request();
    await isRefusedAfter(swap, [other, 'registry:ApproveKeyRotation', nameRotation(world, patient)]);
    await isRefusedAfter(swap, [home, 'registry:CancelKeyRotation', nameRotation(world, patient)]);
    await world.run(home, 'registry:CancelKeyRotation', nameRotation(world, patient));
    await cooledOff(world, withNewKey(patient));
    await isRefusedAfter(swap, [home, 'registry:CompleteKeyRotation', nameRotation(world, patient)]);
  });

  test('attack 39: steps of a retirement never move to another order', async () => {
    const { gateway } = world.hospital(0);
    const author = await world.practitioner(world.hospital(0), 'physician');
    const { recordId } = (await world.store(author, patient, [{ category: 'notes' }])).request;
    await world.register(
      author,
      await world.prepare(patient, [{ category: 'notes' }], { recordId, version: 2 }),
    );
    const place = { recordId, version: 1 };
    const order = async (): Promise<object> => {
      const { txId: orderTxId } = await world.run(author, 'record:Retire', place);
      await seeAct(world, orderTxId);
      return { ...place, orderTxId };
    };
    const swapOf = (named: object) => async (): Promise<void> => {
      await world.run(author, 'record:CancelRetirement', named);
      await order();
    };
    const first = await order();
    await isRefusedAfter(swapOf(first), [author, 'record:CancelRetirement', first]);
    const { txId: orderTxId } = world.ledger.world()[`retirement/${recordId}/0000001`] as { txId: string };
    const second = { ...place, orderTxId };
    world.ledger.advance(RETIREMENT_DELAY_MS);
    await isRefusedAfter(swapOf(second), [gateway, 'record:CompleteRetirement', second]);
  });
});
