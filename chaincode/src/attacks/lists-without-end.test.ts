// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { emergencyId as decodeEmergencyId } from '../domain/ids.js';
import { keys } from '../state/keys.js';
import type { Identity } from '../testing/identity.js';
import { fetchingOf, noticesRequest } from '../testing/notices.js';
import type { TestPatient } from '../testing/patient.js';
import { putState } from '../testing/put-state.js';
import { commit, endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let author: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  author = await base.practitioner(base.hospital(0), 'physician');
  patient = await base.patient(base.hospital(0));
  await base.store(author, patient, [{ category: 'summary' }, { category: 'notes' }]);
});

describe('what others list', () => {
  test('attack 44: however many emergencies a handle has, and lies a custodian, all are listed and a record is seen', async () => {
    const world = base.fork();
    const { handle, mspId } = patient;
    const clinician = await world.practitioner(world.hospital(1), 'physician');
    const emergencyId = await world.emergency(clinician, patient);
    const number = Array.from({ length: 10_001 }, (_, position) => position);
    const idOf = (each: number) => decodeEmergencyId(`em_${String(each).padStart(22, '_')}`, 'emergencyId');
    putState(world, [
      ...number.map((each) => [keys.emergencyOf(handle, idOf(each)), { v: 1 }] as const),
      ...number.map((each) => [keys.accusation('CedarMSP' as never, `_${String(each)}`), { each }] as const),
    ]);
    const allOf = async (name: string, asked: object) => {
      const found: unknown[] = [];
      let after: object = {};
      for (let count = 0; count < 52; count += 1) {
        const { answer } = await world.run(world.hospital(0).gateway, name, {
          ...asked,
          ...after,
          pageSize: 200,
        });
        const { bookmark, ...page } = answer as { bookmark?: string };
        found.push(...Object.values(page).flat());
        if (bookmark === undefined) return found;
        after = { bookmark };
      }
      throw new Error('a list without end');
    };
    expect(await allOf('emergency:ListByHandle', { handle })).toMatchObject([{ emergencyId }]);
    expect(await allOf('custody:ListAccusations', { custodian: 'CedarMSP' })).toHaveLength(10_001);
    expect(await allOf('custody:ListAccusations', { custodian: mspId })).toEqual([]);
    const { answer } = await world.run(clinician, 'record:ListByHandle', { handle });
    expect((answer as { records: unknown[] }).records.length).toBeGreaterThan(0);
  }, 60_000);

  test('attack 44: a sender of notices, while they are fetched, keeps no other notice from its owner', async () => {
    const world = base.fork();
    const { gateway, mspId } = world.hospital(0);
    const plan = [{ category: 'notes' }] as const;
    const { recordId } = (await world.store(author, patient, plan)).request;
    await world.register(author, await world.prepare(patient, plan, { recordId, version: 2 }));
    const clinician = await world.practitioner(world.hospital(1), 'physician');
    const emergencyId = await world.emergency(clinician, patient);
    const retirement = { recordId, version: 1 };
    const { request } = await fetchingOf(world, gateway, noticesRequest(world, patient, mspId));
    const { stub, answer } = await endorse(world.ledger, gateway, 'emergency:FetchNotices', request);
    expect(answer).toMatchObject({ notices: [{ emergencyId, cause: 'opened' }] });
    const { txId: orderTxId } = await world.run(author, 'record:Retire', retirement);
    await world.run(author, 'record:CancelRetirement', { ...retirement, orderTxId });
    commit(world.ledger, stub);
  });
});
