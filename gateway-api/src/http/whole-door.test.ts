// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TestWorld, withNewKey, type TestPatient } from '@tutela/chaincode/testing';
import { memoryAttempt, TestConsortium } from '../testing/index.js';
import { newId } from './testing/door.js';
import { openWholeDoor, type WholeDoor } from './testing/whole-door.js';

let founded: TestWorld;
let consortium: TestConsortium;
let alder: WholeDoor;
let birch: WholeDoor;
let patient: TestPatient;
let author: string;
let reader: string;
let recordId: string;
let person: Awaited<ReturnType<TestConsortium['gateways'][number]['person']>>;

beforeAll(async () => {
  founded = await TestWorld.found();
});
beforeEach(async () => {
  consortium = new TestConsortium(founded.fork());
  alder = await openWholeDoor(consortium.gateway(0));
  birch = await openWholeDoor(consortium.gateway(1));
  patient = await consortium.world.patient(alder.gateway.hospital);
  author = await alder.tokenFor((await alder.gateway.person('physician')).practitionerId);
  person = await birch.gateway.person('physician');
  reader = await birch.tokenFor(person.practitionerId);
  const query = `handle=${patient.handle}&month=2026-01&category=laboratory`;
  const stored = await alder.ask(author, 'POST', `/v1/records?${query}`, 'potassium 4.1');
  ({ recordId } = (await stored.json()) as { recordId: string });
});
afterEach(async () => {
  await Promise.all([alder.close(), birch.close()]);
});

const grantee = () => ({ kind: 'hospital', mspId: birch.gateway.mspId }) as const;
const open = (id = recordId) => birch.ask(reader, 'GET', `/v1/records/${id}/content?purpose=TREAT`);
const consentFor = (of: TestPatient) => consortium.world.consent(of, { grantee: grantee() });
async function codeOf(response: Response): Promise<unknown> {
  const { code } = (await response.json()) as { code: string };
  return [response.status, code];
}

describe('through the door, over the real rules', () => {
  test('what the patient permits is opened byte for byte, and nothing is after the revocation', async () => {
    expect(await codeOf(await open())).toEqual([404, 'NOT_FOUND']);
    const consent = consentFor(patient);
    expect((await alder.ask(author, 'POST', '/v1/consents', consent)).status).toBe(201);
    const opened = await open();
    expect([opened.status, await opened.text()]).toEqual([200, 'potassium 4.1']);
    const revocation = consortium.world.revocation(patient, consent);
    const path = `/v1/consents/${consent.statement.consentId}/revocation`;
    expect((await alder.ask(author, 'POST', path, revocation)).status).toBe(200);
    expect(await codeOf(await open())).toEqual([404, 'NOT_FOUND']);
  });

  test('attack 7: the gateway cannot grant in a patient’s name, widen what was signed, or replay it', async () => {
    const consent = consentFor(patient);
    const forger = withNewKey(patient);
    const grant = (body: object) => alder.ask(author, 'POST', '/v1/consents', body);
    expect(await codeOf(await grant(consentFor(forger)))).toEqual([422, 'SIGNATURE_INVALID']);
    const wider = { ...consent, statement: { ...consent.statement, purposes: ['TREAT', 'HRESCH'] } };
    expect(await codeOf(await grant(wider))).toEqual([422, 'SIGNATURE_INVALID']);
    expect(await codeOf(await open())).toEqual([404, 'NOT_FOUND']);
    expect((await grant(consent)).status).toBe(201);
    await consortium.world.revoke(patient, consent);
    await grant(consent);
    expect(await codeOf(await open())).toEqual([404, 'NOT_FOUND']);
  });

  test('attack 18: a record that is there and one that never was are answered by the same words', async () => {
    const shapes = await Promise.all(
      [recordId, newId('record')].map(async (id) => {
        const body = (await (await open(id)).json()) as object;
        const seen = (await (await birch.ask(reader, 'GET', `/v1/records/${id}`)).json()) as object;
        return [Object.keys(body), { ...body, txId: '', intentId: '' }, seen];
      }),
    );
    expect(shapes[0]).toEqual(shapes[1]);
  });

  test('attack 15: a token that was issued before a suspension opens nothing after it', async () => {
    await alder.ask(author, 'POST', '/v1/consents', consentFor(patient));
    expect((await open()).status).toBe(200);
    const { practitionerId } = person;
    await birch.gateway.services.registry.changePractitioner(
      { kind: 'registrar' },
      { practitionerId, status: 'suspended' },
      memoryAttempt(),
    );
    expect(await codeOf(await open())).toEqual([401, 'CALLER_UNKNOWN']);
  });
});
