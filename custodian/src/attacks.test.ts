// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS, INTENT_LIFETIME_MS, instantOf } from '@tutela/chaincode/domain';
import { erasureBy } from '@tutela/chaincode/testing';
import type { Log } from './log.js';
import { lyingRoutes } from './testing/lying-custodian.js';
import { isSignedReply, isTrueShare, newReader, openReply } from './testing/reader.js';
import { Scene } from './testing/scene.js';

let scene: Scene;
afterEach(() => scene.end());

async function firstReply(
  at: number,
  intentId: string,
): Promise<Awaited<ReturnType<Scene['consortium']['release']>>['replies'][number]> {
  const [reply] = (await scene.consortium.release(at, intentId)).replies;
  if (reply === undefined) throw new Error('no reply');
  return reply;
}

function capsuleAndLabel(): Readonly<{ capsule: string; label: string }> {
  const { vault, request } = scene.record;
  return { capsule: vault.capsules[0]?.capsule ?? '', label: request.labels[0]?.label ?? '' };
}

describe('attacks on a custodian', () => {
  test('attack §15.13: an intent that nobody declared yields nothing', async () => {
    scene = await Scene.begin();
    expect(await scene.tryRelease(0, `in_${'z'.repeat(22)}`)).toBe('INTENT_UNCOMMITTED');
  });

  test('attack 30 and §15.13: an intent that was endorsed and found invalid yields nothing', async () => {
    scene = await Scene.begin();
    const { world, consortium } = scene;
    const commit = world.ledger.commit.bind(world.ledger);
    world.ledger.commit = (stub) => commit(stub, ['AlderMSP']);
    const intentId = world.ownId('intent', scene.doctor.mspId);
    await expect(scene.declare({ intentId })).rejects.toThrow('ENDORSEMENT_POLICY_FAILURE');
    world.ledger.commit = commit;
    expect(consortium.channel.blocks.at(-1)?.transactions[0]?.valid).toBe(false);
    expect(await scene.tryRelease(0, intentId)).toBe('INTENT_UNCOMMITTED');
  });

  test('attack §15.13: a request cannot name another session key, label or capsule', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const url = `${scene.consortium.at(0).url}/v1/releases`;
    for (const extra of [
      { sessionKey: newReader().sessionKey },
      { label: capsuleAndLabel().label },
      { capsule: 'AAAA' },
    ])
      await expect(
        scene.consortium.network.request('POST', url, { body: { intentId, ...extra } }),
      ).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      });
  });

  test('attack 34: to another hospital an intent does not exist, and its requests use up no other’s limit', async () => {
    scene = await Scene.begin({ settings: { intentsPerMinute: { practitioner: 1, hospital: 1 } } });
    const { intentId } = await scene.declare();
    const { consortium } = scene;
    for (const { hospital } of [consortium.at(0), consortium.at(2)])
      await expect(consortium.release(0, intentId, undefined, hospital.mspId)).rejects.toMatchObject({
        code: 'INTENT_UNCOMMITTED',
      });
    const [second, third] = [await scene.declare(), await scene.declare()];
    expect(await scene.tryRelease(0, second.intentId)).toBe(1);
    expect(await scene.tryRelease(0, third.intentId)).toBe('RATE_LIMITED');
  });

  test('attack 6 and §15.14: a practitioner who was suspended after the intent gets nothing', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    const request = { practitionerId: scene.doctor.id, status: 'suspended' };
    await scene.world.run(scene.world.hospital(1).registrar, 'registry:ChangePractitioner', request);
    for (const at of [0, 1, 2]) expect(await scene.tryRelease(at, intentId)).toBe('CALLER_INACTIVE');
  });

  test('attack 15 and §15.15: a consent that is revoked between intent and release opens nothing', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    await scene.world.revoke(scene.patient, scene.consent);
    for (const at of [0, 1, 2]) expect(await scene.codes(at, intentId)).toEqual(['NO_CONSENT', 'NO_CONSENT']);
  });

  test('attack 15: a repeated question after the revocation gets nothing, though the share was given before', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    await scene.world.revoke(scene.patient, scene.consent);
    expect(await scene.tryRelease(0, intentId)).toBe(0);
  });

  test('attack 10: an intent dated back as far as peers accept expires when it must', async () => {
    scene = await Scene.begin();
    const { world, doctor, record, reader } = scene;
    const timestampMs = world.ledger.nowMs - CLOCK_SKEW_MS;
    const intent = await world.declare(doctor, record, { sessionKey: reader.sessionKey }, { timestampMs });
    world.ledger.advance(INTENT_LIFETIME_MS - CLOCK_SKEW_MS);
    expect(await scene.tryRelease(0, intent.intentId)).toBe('INTENT_EXPIRED');
  });

  test('attack 10: an intent dated back into an expired consent, as far as peers accept, gets no share', async () => {
    scene = await Scene.begin();
    const { world, patient, record, doctor, reader } = scene;
    const grantee = { kind: 'person', mspId: doctor.mspId, practitionerId: doctor.id } as const;
    await world.revoke(patient, scene.consent);
    const until = world.ledger.nowMs + 60_000;
    await world.grant(patient, { grantee, validUntil: instantOf(until) });
    world.ledger.advance(60_000 + CLOCK_SKEW_MS - 1);
    const dated = { timestampMs: until - 1 };
    const intent = await world.declare(doctor, record, { sessionKey: reader.sessionKey }, dated);
    expect(intent.segments).toMatchObject([{ decision: 'permit' }, { decision: 'permit' }]);
    for (const at of [0, 1, 2])
      expect(await scene.codes(at, intent.intentId)).toEqual(['NO_CONSENT', 'NO_CONSENT']);
  });

  test('attack 12 and §15.20: a clinician alone gets the summary, a second one changes nothing without a foreign officer', async () => {
    scene = await Scene.begin();
    const { world, patient, author, doctor, reader } = scene;
    const chart = await world.store(author, patient, [{ category: 'summary' }, { category: 'imaging' }]);
    const emergencyId = await world.emergency(doctor, patient);
    const change = {
      sessionKey: reader.sessionKey,
      purpose: 'BTG',
      basis: { kind: 'emergency', emergencyId },
    };
    const alone = await world.declare(doctor, chart, change);
    expect(await scene.tryRelease(0, alone.intentId)).toBe(1);
    const second = await world.practitioner(world.hospital(1), 'physician');
    await world.cosign(second, emergencyId);
    const cosigned = await world.declare(doctor, chart, change);
    expect(await scene.tryRelease(0, cosigned.intentId)).toBe(1);
    const officer = await world.practitioner(world.hospital(2), 'medical-officer');
    await world.approveFullScope(officer, emergencyId);
    const approved = await world.declare(doctor, chart, change);
    expect(await scene.tryRelease(0, approved.intentId)).toBe(2);
    expect(await scene.tryRelease(0, alone.intentId)).toBe(1);
  });

  test('attack 44: an emergency is decided without the patient’s consents, none of which the own peer gives', async () => {
    scene = await Scene.begin();
    const { world, patient, author, doctor, reader } = scene;
    const chart = await world.store(author, patient, [{ category: 'summary' }]);
    const grantee = { kind: 'hospital', mspId: doctor.mspId } as const;
    await world.grant(patient, { grantee, decision: 'deny' });
    const emergencyId = await world.emergency(doctor, patient);
    const { intentId } = await world.declare(doctor, chart, {
      sessionKey: reader.sessionKey,
      purpose: 'BTG',
      basis: { kind: 'emergency', emergencyId },
    });
    const { custodian } = world.hospital(0);
    const { answer } = await world.run(custodian, 'access:GetReleaseContext', { intentId });
    expect(answer).toMatchObject({ consents: [], reads: {} });
    for (const at of [0, 1, 2]) expect(await scene.tryRelease(at, intentId)).toBe(1);
  });

  test('attack 12 and §15.20: after the time box nobody gets a share, though the intent still lives', async () => {
    scene = await Scene.begin();
    const { world, patient, author, doctor, reader } = scene;
    const summary = await world.store(author, patient, [{ category: 'summary' }]);
    const emergencyId = await world.emergency(doctor, patient, { timeBoxMinutes: 5 });
    const change = {
      sessionKey: reader.sessionKey,
      purpose: 'BTG',
      basis: { kind: 'emergency', emergencyId },
    };
    const { intentId } = await world.declare(doctor, summary, change);
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    world.ledger.advance(5 * 60_000);
    for (const { url } of scene.consortium.places)
      scene.consortium
        .custodian(scene.consortium.places.find((place) => place.url === url) ?? 0)
        .announcer.announce();
    expect(await scene.tryRelease(0, intentId)).toBe(0);
  });

  test('attack 30: a custodian that gives a share nobody asked for on the ledger is named, and so is one that is silent', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    await Promise.all([0, 1].map((at) => scene.tryRelease(at, intentId)));
    expect(await scene.consortium.custodian(0).reconcile()).toEqual({
      withoutIntent: [],
      withoutPermit: [],
      onFork: [],
      tooFew: [],
      rewritten: [],
      silent: [],
      unfinished: [],
      faults: [],
      compared: { AlderMSP: 2, BirchMSP: 2, CedarMSP: 0 },
      degraded: { missing: [], changed: [], unrecorded: [], unsigned: [], late: [] },
      entriesUnfinished: false,
      clean: true,
    });
    const secret = `in_${'s'.repeat(22)}`;
    await scene.consortium
      .custodian(1)
      .journal.append([{ kind: 'release', decision: 'permit', requestHash: 'h', intentId: secret }]);
    await scene.consortium.stop(2);
    expect(await scene.consortium.custodian(0).reconcile()).toMatchObject({
      withoutIntent: [{ mspId: 'BirchMSP', intentId: secret }],
      tooFew: [{ intentId: secret, by: ['BirchMSP'] }],
      silent: ['CedarMSP'],
      faults: [],
    });
  });

  test('attack §15.26: a sealed share opens for its session, intent and custodian alone', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const reply = await firstReply(0, intentId);
    expect(() => openReply(newReader(), reply)).toThrow('does not open');
    for (const change of [
      { intentId: `in_${'q'.repeat(22)}` },
      { index: 2 },
      { epoch: 2 },
      { label: scene.record.request.labels[1]?.label ?? '' },
    ])
      expect(() =>
        openReply(scene.reader, { ...reply, reply: { ...reply.reply, ...change } as typeof reply.reply }),
      ).toThrow('does not open');
  });

  test('attack 28 and §15.5: a custodian that lies is found out by its own signature, and the others suffice', async () => {
    scene = await Scene.begin();
    scene.consortium.network.attach(scene.consortium.at(1).url, lyingRoutes(scene.consortium.custodian(1)));
    const { intentId } = await scene.declare();
    const set = await scene.set();
    const results = await Promise.all(
      [0, 1, 2].map(async (at) => {
        const reply = await firstReply(at, intentId);
        const signed = isSignedReply(reply, scene.consortium.custodian(at).identity.publicKey);
        return [signed, isTrueShare(openReply(scene.reader, reply), { ...capsuleAndLabel(), set })];
      }),
    );
    expect(results).toEqual([
      [true, true],
      [true, false],
      [true, true],
    ]);
  });

  test('attack 26: what lies on one custodian’s disk holds no share in clear', async () => {
    scene = await Scene.begin();
    const { shares, custody } = scene.consortium.custodian(0);
    await custody.refresh();
    const share = custody.active === undefined ? undefined : shares.find(custody.active);
    if (share === undefined) throw new Error('no share');
    const { stateDir } = scene.consortium.at(0).settings;
    const names = await readdir(stateDir, { recursive: true, withFileTypes: true });
    const secrets = [
      share.secret,
      Buffer.from(share.secret, 'base64url').toString('hex'),
      Buffer.from(share.secret, 'base64url').toString('latin1'),
    ];
    for (const entry of names.filter((one) => one.isFile())) {
      const text = (await readFile(join(entry.parentPath, entry.name))).toString('latin1');
      for (const secret of secrets) expect(text.includes(secret)).toBe(false);
    }
  });

  test('attack §15.33: an erased record stays closed', async () => {
    scene = await Scene.begin();
    const { world, patient, record } = scene;
    const { intentId } = await scene.declare();
    const order = erasureBy(world, patient, record.request.recordId);
    await world.run(world.hospital(0).gateway, 'record:Erase', order);
    for (const at of [0, 1, 2]) expect(await scene.codes(at, intentId)).toEqual(['ERASED', 'NO_CONSENT']);
  });

  test('attack 21 and §15.35: no log, error or journal line tells a secret or what kind of care it was', async () => {
    const lines: string[] = [];
    const write = (facts: object, message: string): void => {
      lines.push(`${JSON.stringify(facts)} ${message}`);
    };
    const log: Log = { info: write, warn: write, error: write };
    scene = await Scene.begin({ log });
    const { intentId } = await scene.declare();
    await scene.tryRelease(0, intentId);
    await scene.tryRelease(0, `in_${'z'.repeat(22)}`);
    const { custody, shares, journal } = scene.consortium.custodian(0);
    await custody.refresh();
    const share = custody.active === undefined ? undefined : shares.find(custody.active);
    const written = [
      ...lines,
      JSON.stringify(await journal.read(1)),
      scene.consortium.custodian(0).metrics(),
    ].join('\n');
    const { u } = { u: scene.record.vault.capsules[0]?.capsule ?? '' };
    for (const planted of [
      share?.secret ?? 'missing',
      u,
      scene.patient.handle,
      scene.consent.signature,
      'laboratory',
      'notes',
    ])
      expect(written).not.toContain(planted);
  });
});
