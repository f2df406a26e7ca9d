// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Chart, foundChart } from '../../testing/chart.js';
import type { ReleaseContext } from '../../domain/release.js';
import type { Identity } from '../../testing/identity.js';
import type { TestWorld } from '../../testing/world.js';

let base: Chart['base'];
let reader: Chart['reader'];
let patient: Chart['patient'];
let record: Chart['record'];

beforeAll(async () => {
  ({ base, reader, patient, record } = await foundChart([{ category: 'summary' }, { category: 'notes' }]));
});

const contextOf = async (world: TestWorld, intentId: string) =>
  (await world.run(world.hospital(2).custodian, 'access:GetReleaseContext', { intentId }))
    .answer as ReleaseContext;

describe('access:GetReleaseContext', () => {
  test('gives a custodian everything current on which it decides, and the capsules of permitted segments alone', async () => {
    const world = base.fork();
    const grantee = { kind: 'hospital', mspId: reader.mspId } as const;
    const consent = await world.grant(patient, { grantee, categories: ['notes'], maxReads: 2 });
    const intent = await world.declare(reader, record);
    const context = await contextOf(world, intent.intentId);
    expect(context).toMatchObject({
      v: 1,
      intent,
      hospital: { mspId: 'BirchMSP' },
      practitioner: { practitionerId: reader.id, status: 'active' },
      patient: { handle: patient.handle, publicKey: patient.publicKey },
      consents: [consent],
      reads: { [consent.statement.consentId]: 1 },
      custodians: { epoch: 1, threshold: 2 },
    });
    expect(context.records).toEqual([
      {
        version: expect.objectContaining({ manifestHash: record.request.manifestHash }),
        manifest: record.vault.manifest,
      },
    ]);
    const { recordId } = record.request;
    const [, notes] = record.vault.capsules;
    expect(context.capsules).toEqual([
      { ref: { recordId, version: 1, segmentId: notes?.segmentId }, capsule: notes?.capsule },
    ]);
    expect(context).not.toHaveProperty('emergency');
    await world.revoke(patient, consent);
    expect((await contextOf(world, intent.intentId)).consents).toEqual([]);
  });

  test('counts reads under consents that limit them, and under no others', async () => {
    const world = base.fork();
    const grantee = { kind: 'hospital', mspId: reader.mspId } as const;
    await world.grant(patient, { grantee, categories: ['notes'] });
    const unlimited = await world.declare(reader, record);
    expect((await contextOf(world, unlimited.intentId)).reads).toEqual({});
    const limited = await world.grant(patient, { grantee, categories: ['genetics'], maxReads: 2 });
    expect((await contextOf(world, unlimited.intentId)).reads).toEqual({});
    expect(limited.statement.maxReads).toBe(2);
  });

  test('carries the emergency as it stands now, and no consent', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: { kind: 'hospital', mspId: reader.mspId } });
    const emergencyId = await world.emergency(reader, patient);
    const basis = { kind: 'emergency', emergencyId };
    const intent = await world.declare(reader, record, { purpose: 'BTG', basis });
    await world.run(reader, 'emergency:Close', { emergencyId });
    const { emergency, consents } = await contextOf(world, intent.intentId);
    expect(emergency).toMatchObject({ emergencyId, state: 'closed' });
    expect(consents).toEqual([]);
  });

  test('gives the gateway of the reader’s own hospital what combines the shares, and any other gateway nothing', async () => {
    const world = base.fork();
    const { intentId } = await world.declare(reader, record);
    const get = (caller: Identity) => world.run(caller, 'access:GetReleaseContext', { intentId });
    expect((await get(world.hospital(1).gateway)).answer).toMatchObject({
      intent: { intentId },
      capsules: [],
    });
    await expect(get(world.hospital(0).gateway)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('attack 19: the reader’s own gateway learns nothing of the segment beside the permitted one', async () => {
    const world = base.fork();
    await world.grant(patient, {
      grantee: { kind: 'hospital', mspId: reader.mspId },
      categories: ['notes'],
    });
    const { intentId } = await world.declare(reader, record);
    const { answer } = await world.run(world.hospital(1).gateway, 'access:GetReleaseContext', { intentId });
    const [withheld, notes] = record.vault.manifest.segments;
    const { records, capsules } = answer as ReleaseContext;
    expect(records[0]?.manifest?.segments).toEqual([notes]);
    expect(capsules).toMatchObject([{ ref: { segmentId: notes?.segmentId } }]);
    for (const secret of [withheld?.category, withheld?.salt, withheld?.com, withheld?.parts[0]?.cid])
      expect(JSON.stringify(records)).not.toContain(secret);
  });

  test('gives nothing to anyone else, and nothing about an intent that is not there', async () => {
    const world = base.fork();
    const { intentId } = await world.declare(reader, record);
    for (const caller of [reader, world.hospital(1).operator, world.hospital(0).registrar])
      await expect(world.run(caller, 'access:GetReleaseContext', { intentId })).rejects.toMatchObject({
        code: 'CALLER_NOT_ENTITLED',
      });
    await expect(contextOf(world, world.names.id('intent'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('access:GetIntent', () => {
  test('answers the requester, the own hospital’s processes and custodians; to others it does not exist', async () => {
    const world = base.fork();
    const { intentId } = await world.declare(reader, record);
    const get = (caller: Identity) => world.run(caller, 'access:GetIntent', { intentId });
    for (const caller of [reader, world.hospital(1).gateway, world.hospital(2).custodian])
      expect((await get(caller)).answer).toMatchObject({ intentId });
    const colleague = await world.practitioner(world.hospital(1), 'physician');
    for (const caller of [colleague, world.hospital(0).gateway])
      await expect(get(caller)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
