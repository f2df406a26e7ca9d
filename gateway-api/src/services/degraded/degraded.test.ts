// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SegmentId } from '@tutela/chaincode/domain';
import { TestWorld, type TestPatient } from '@tutela/chaincode/testing';
import type { Actor } from '../../ledger/actor.js';
import type { IntendedAct } from '../step-ups.js';
import type { DesiredEmergency } from './degraded-emergencies.js';
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
  patient = await consortium.world.patient(consortium.gateway(0).hospital);
  await store();
  requester = await birch.person('physician');
  second = await birch.person('nurse');
  for (const actor of [requester, second])
    await consortium.world.passkey(birch.deps.identities.identityOf(actor));
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const vote = async (...at: readonly number[]) => {
  for (const position of at)
    await consortium.world.run(consortium.world.hospital(position).custodian, 'degraded:Vote', {
      mode: 'on',
    });
};
const desired = (): DesiredEmergency => ({
  handle: patient.handle,
  reason: 'unconscious',
  reasonHash: B32,
  scope: 'summary',
  timeBoxMinutes: 30,
});

/** Stores a summary of the patient's at the first hospital. */
async function store(): Promise<void> {
  const alder = consortium.gateway(0);
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
}

/** What a person's device answers. */
async function answerOf(actor: Actor, intended: IntendedAct) {
  const { assertion } = (await birch.stepUp(actor, intended)).stepUp;
  return { assertion };
}

/** A draft with the second clinician's signature. */
async function signedDraft() {
  const { degraded } = birch.services;
  const { draftId, statement } = await degraded.prepare(requester, desired());
  const { assertion } = await answerOf(requester, { act: 'degraded-requester', statement });
  const vouching = await answerOf(second, { act: 'degraded-cosigner', statement });
  const cosigner = await degraded.sign(second, { statement, part: 'cosigner', ...vouching });
  const segmentId = statement.segments[0]?.segmentId ?? ('' as SegmentId);
  return { signed: { draftId, assertion, cosigner }, draftId, segmentId };
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
    const { signed, draftId, segmentId } = await signedDraft();
    const opening = await birch.services.degraded.open(requester, signed);
    expect(opening.acknowledgedBy).toEqual(['AlderMSP', 'BirchMSP', 'CedarMSP']);
    const content = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect([content.contentType, await textOf(content.body)]).toEqual(['text/plain', NOTE]);
    expect(Object.keys(consortium.world.ledger.world())).toHaveLength(before);
  });

  test('the answer to a prepared request says until when all must have signed and it must be opened', async () => {
    await vote(0, 1);
    const { degraded } = birch.services;
    for (const [timeBoxMinutes, minutes] of [
      [30, 5],
      [3, 3],
    ] as const) {
      const { statement, openBy } = await degraded.prepare(requester, { ...desired(), timeBoxMinutes });
      expect(Date.parse(openBy) - Date.parse(statement.declaredAt)).toBe(minutes * 60_000);
    }
  });

  test('§15.22: without the vote not even a statement is prepared', async () => {
    await vote(0);
    await refuse(birch.services.degraded.prepare(requester, desired()), 'DEGRADED_OFF');
    expect(await birch.services.degraded.state(requester)).toMatchObject({ mode: 'off', needed: 2 });
  });

  test('§15.22: with fewer than t acknowledgements, or one that is forged, nothing opens', async () => {
    await vote(0, 1);
    const { signed, draftId, segmentId } = await signedDraft();
    consortium.custodians.faults.set(consortium.gateway(0).mspId, { kind: 'down' });
    consortium.custodians.faults.set(consortium.gateway(2).mspId, { kind: 'forged' });
    const { degraded } = birch.services;
    await refuse(degraded.open(requester, signed), 'TOO_FEW_ACKNOWLEDGEMENTS');
    await refuse(degraded.content(requester, { draftId, segmentId }), 'EMERGENCY_NOT_OPEN');
  });

  test.each(['LEDGER_NOT_STALLED', 'DEGRADED_OVERDUE'] as const)(
    'the custodians’ refusal %s is in the answer',
    async (code) => {
      await vote(0, 1);
      const { signed } = await signedDraft();
      for (const at of [0, 1, 2])
        consortium.custodians.faults.set(consortium.gateway(at).mspId, {
          kind: 'refuses',
          code,
        });
      await refuse(birch.services.degraded.open(requester, signed), code);
    },
  );

  test('attack 44: custodians are asked for the segment that is read, and for none of the others', async () => {
    await vote(0, 1);
    await store();
    const { signed, draftId } = await signedDraft();
    const { segments } = await birch.services.degraded.open(requester, signed);
    expect(segments).toHaveLength(2);
    const asked = jest.spyOn(consortium.custodians, 'releaseDegraded');
    for (const { segmentId } of segments)
      await birch.services.degraded.content(requester, { draftId, segmentId });
    const named = asked.mock.calls.map(([, release]) => release.segments);
    expect(named).toEqual(segments.flatMap((one) => [[one], [one], [one]]));
  });

  test('a custodian with a false share stops no reading', async () => {
    await vote(0, 1);
    const { signed, draftId, segmentId } = await signedDraft();
    await birch.services.degraded.open(requester, signed);
    consortium.custodians.faults.set(consortium.gateway(0).mspId, { kind: 'lies' });
    const { body } = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect(await textOf(body)).toBe(NOTE);
    consortium.custodians.faults.set(consortium.gateway(1).mspId, { kind: 'forged' });
    await refuse(birch.services.degraded.content(requester, { draftId, segmentId }), 'TOO_FEW_CUSTODIANS');
  });

  test('attack 44: a custodian that takes questions of a stall and answers none holds up neither the opening nor a segment', async () => {
    await vote(0, 1);
    const { signed, draftId, segmentId } = await signedDraft();
    consortium.custodians.faults.set(consortium.gateway(2).mspId, { kind: 'silent' });
    const from = performance.now();
    const { acknowledgedBy } = await birch.services.degraded.open(requester, signed);
    expect(acknowledgedBy).toEqual(['AlderMSP', 'BirchMSP']);
    const { body } = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect(await textOf(body)).toBe(NOTE);
    expect(performance.now() - from).toBeLessThan(4_000);
  }, 60_000);

  test('an acknowledgement that comes soon after enough others counts too', async () => {
    await vote(0, 1);
    const { signed } = await signedDraft();
    consortium.custodians.faults.set(consortium.gateway(2).mspId, { kind: 'slow', ms: 200 });
    const { acknowledgedBy } = await birch.services.degraded.open(requester, signed);
    expect(acknowledgedBy).toEqual(['AlderMSP', 'BirchMSP', 'CedarMSP']);
  });

  test('attack 28: in a stall one false share that names another block leaves the two honest ones at different heights enough', async () => {
    await vote(0, 1);
    const { signed, draftId, segmentId } = await signedDraft();
    await birch.services.degraded.open(requester, signed);
    consortium.custodians.faults.set(consortium.gateway(0).mspId, { kind: 'forked', lies: true });
    consortium.custodians.faults.set(consortium.gateway(2).mspId, { kind: 'forked', height: 8 });
    const { body } = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect(await textOf(body)).toBe(NOTE);
  });

  test('attack 28: a custodian that lies about its share then stands accused by its own signature', async () => {
    await vote(0, 1);
    const { signed, draftId, segmentId } = await signedDraft();
    await birch.services.degraded.open(requester, signed);
    consortium.custodians.faults.set(consortium.gateway(0).mspId, { kind: 'lies' });
    const { body } = await birch.services.degraded.content(requester, { draftId, segmentId });
    expect(await textOf(body)).toBe(NOTE);
    const accusations = (): readonly string[] =>
      Object.keys(consortium.world.ledger.world()).filter((key) => key.startsWith('accusation/AlderMSP/'));
    for (let poll = 0; poll < 100 && accusations().length === 0; poll += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(accusations()).toHaveLength(1);
  });

  test('attack: a request is its requester’s alone, and gone with the gateway’s memory', async () => {
    await vote(0, 1);
    const { signed, draftId, segmentId } = await signedDraft();
    const { degraded } = birch.services;
    await refuse(degraded.open(second, signed), 'NOT_FOUND');
    await degraded.open(requester, signed);
    await refuse(degraded.content(second, { draftId, segmentId }), 'NOT_FOUND');
    await refuse(birch.restart().services.degraded.content(requester, { draftId, segmentId }), 'NOT_FOUND');
  });
});
