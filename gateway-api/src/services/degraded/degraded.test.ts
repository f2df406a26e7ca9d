// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SegmentId } from '@tutela/chaincode/domain';
import { TestWorld, type TestPatient } from '@tutela/chaincode/testing';
import type { Actor } from '../../ledger/actor.js';
import type { DegradedWish } from './degraded-emergencies.js';
import { memoryAttempt, TestConsortium, type TestGateway } from '../../testing/index.js';

const B32 = 'A'.repeat(43);
const NOTE = 'allergic to penicillin';
let founded: TestWorld;
let consortium: TestConsortium;
let birch: TestGateway;
let patient: TestPatient;
let requester: Actor;
let second: Actor;

beforeAll(async () => {
  founded = await TestWorld.found();
});
beforeEach(async () => {
  consortium = new TestConsortium(founded.fork());
  birch = consortium.gateway(1);
  const alder = consortium.gateway(0);
  patient = await consortium.world.patient(alder.hospital);
  const content = { handle: patient.handle, month: '2026-01' as never, contentType: 'text/plain' };
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.from(NOTE));
  })();
  await alder.services.storeRecord.storeContent(
    await alder.person('physician'),
    { ...content, category: 'summary', class: 'summary' },
    bytes,
    memoryAttempt(),
  );
  requester = await birch.person('physician');
  second = await birch.person('nurse');
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const vote = async (...at: readonly number[]) => {
  for (const position of at)
    await consortium.world.run(consortium.world.hospital(position).custodian, 'degraded:Vote', {
      mode: 'on',
    });
};
const wish = (): DegradedWish => ({
  handle: patient.handle,
  reason: 'unconscious',
  reasonHash: B32,
  scope: 'summary',
  timeBoxMinutes: 30,
});

/** A draft with the second clinician's signature. */
async function signed() {
  const { degraded } = birch.services;
  const { draftId, statement } = await degraded.prepare(requester, wish());
  const cosigner = await degraded.sign(second, { statement, part: 'cosigner' });
  const segmentId = statement.segments[0]?.segmentId ?? ('' as SegmentId);
  return { draftId, cosigner, segmentId };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece.slice());
  return Buffer.concat(pieces).toString('utf8');
}

describe('an emergency while the ledger stalls, through a gateway', () => {
  test('§15.22: two clinicians open the summary, byte for byte, and nothing is ordered', async () => {
    await vote(0, 1);
    const before = Object.keys(consortium.world.ledger.world()).length;
    const { draftId, cosigner, segmentId } = await signed();
    const opening = await birch.services.degraded.open(requester, { draftId, cosigner });
    expect(opening.acknowledgedBy).toEqual(['AlderMSP', 'BirchMSP', 'CedarMSP']);
    const content = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect([content.contentType, await textOf(content.body)]).toEqual(['text/plain', NOTE]);
    expect(Object.keys(consortium.world.ledger.world())).toHaveLength(before);
  });

  test('§15.22: without the vote not even a statement is prepared', async () => {
    await vote(0);
    await refuse(birch.services.degraded.prepare(requester, wish()), 'DEGRADED_OFF');
    expect(await birch.services.degraded.state(requester)).toMatchObject({ mode: 'off', needed: 2 });
  });

  test('§15.22: with fewer than t acknowledgements, or one that is forged, nothing opens', async () => {
    await vote(0, 1);
    const { draftId, cosigner, segmentId } = await signed();
    consortium.custodians.faults.set(consortium.gateway(0).mspId, { kind: 'down' });
    consortium.custodians.faults.set(consortium.gateway(2).mspId, { kind: 'forged' });
    const { degraded } = birch.services;
    await refuse(degraded.open(requester, { draftId, cosigner }), 'TOO_FEW_ACKNOWLEDGEMENTS');
    await refuse(degraded.content(requester, { draftId, segmentId }), 'EMERGENCY_NOT_OPEN');
  });

  test('what the custodians refuse it with is told', async () => {
    await vote(0, 1);
    const { draftId, cosigner } = await signed();
    for (const at of [0, 1, 2])
      consortium.custodians.faults.set(consortium.gateway(at).mspId, {
        kind: 'refuses',
        code: 'LEDGER_NOT_STALLED',
      });
    await refuse(birch.services.degraded.open(requester, { draftId, cosigner }), 'LEDGER_NOT_STALLED');
  });

  test('a custodian that lies about its share keeps nobody from reading', async () => {
    await vote(0, 1);
    const { draftId, cosigner, segmentId } = await signed();
    await birch.services.degraded.open(requester, { draftId, cosigner });
    consortium.custodians.faults.set(consortium.gateway(0).mspId, { kind: 'lies' });
    const { body } = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect(await textOf(body)).toBe(NOTE);
    consortium.custodians.faults.set(consortium.gateway(1).mspId, { kind: 'forged' });
    await refuse(birch.services.degraded.content(requester, { draftId, segmentId }), 'TOO_FEW_CUSTODIANS');
  });

  test('attack: a request is its requester’s alone, and gone with the gateway’s memory', async () => {
    await vote(0, 1);
    const { draftId, cosigner, segmentId } = await signed();
    const { degraded } = birch.services;
    await refuse(degraded.open(second, { draftId, cosigner }), 'NOT_FOUND');
    await degraded.open(requester, { draftId, cosigner });
    await refuse(degraded.content(second, { draftId, segmentId }), 'NOT_FOUND');
    await refuse(birch.restart().services.degraded.content(requester, { draftId, segmentId }), 'NOT_FOUND');
  });
});
