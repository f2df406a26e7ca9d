// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, MAX_GRANTS, type Handle, type SignedConsent } from '@tutela/chaincode/domain';
import type { TestPatient } from '@tutela/chaincode/testing';
import { GATEWAY } from '../ledger/actor.js';
import { TestConsortium, type TestGateway } from '../testing/test-consortium.js';

let consortium: TestConsortium;
let gateway: TestGateway;
let patients: readonly TestPatient[];

beforeEach(async () => {
  consortium = await TestConsortium.found();
  gateway = consortium.gateway(0);
  const { world } = consortium;
  patients = [await world.patient(world.hospital(0)), await world.patient(world.hospital(2))];
});

function consents(count: number): readonly SignedConsent[] {
  const grantee = { kind: 'hospital', mspId: gateway.mspId } as const;
  return Array.from({ length: count }, (_, at) => {
    const patient = patients[at % patients.length];
    if (patient === undefined) throw new Error('no patient');
    return consortium.world.consent(patient, { grantee });
  });
}

const calls = () => gateway.deps.ledger.calls.filter((name) => name.startsWith('consent:Grant'));
const grant = (consent: SignedConsent) => gateway.services.consents.grant(GATEWAY, consent);
const standing = async (handle: Handle) =>
  (await gateway.services.consents.list(GATEWAY, { handle })).consents;

/** A consent with the signature of another. */
function forged(): SignedConsent {
  const [one, other] = consents(2);
  if (one === undefined || other === undefined) throw new Error('no consents');
  return { ...one, signature: other.signature };
}

describe('grants that come at the same time', () => {
  test('share transactions: the first starts at once, the others go together, and all of them stand', async () => {
    const answers = await Promise.all(consents(9).map(grant));
    expect(calls()).toEqual(['consent:Grant', 'consent:GrantMany']);
    expect(new Set(answers.map(({ txId }) => txId)).size).toBe(2);
    const counts = await Promise.all(patients.map(async ({ handle }) => (await standing(handle)).length));
    expect(counts).toEqual([5, 4]);
  });

  test('of one after the other nobody waits, and a late one starts at once again', async () => {
    for (const consent of consents(3)) await grant(consent);
    expect(calls()).toEqual(['consent:Grant', 'consent:Grant', 'consent:Grant']);
  });

  test('never exceed what one transaction takes', async () => {
    await Promise.all(consents(MAX_GRANTS * 2 + 2).map(grant));
    expect(calls()).toEqual(['consent:Grant', 'consent:GrantMany', 'consent:GrantMany', 'consent:Grant']);
  });

  test('a poisoned batch harms the forger alone', async () => {
    const good = consents(4);
    const outcomes = await Promise.allSettled([...good.slice(0, 2), forged(), ...good.slice(2)].map(grant));
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled'],
      'rejected',
      ...['fulfilled', 'fulfilled'],
    ]);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'SIGNATURE_INVALID' } });
  });

  test('the same consent twice in a batch is granted once, and both are told so', async () => {
    const [first, twice] = consents(2);
    if (first === undefined || twice === undefined) throw new Error('no consents');
    const [, one, other] = await Promise.all([first, twice, twice].map(grant));
    expect(one?.txId).toBe(other?.txId);
    expect(await standing(twice.statement.handle)).toHaveLength(1);
  });

  test('attack 29: a batch whose commit is unknown is not tried otherwise, and its repetition finds it', async () => {
    const error = new DomainError('COMMIT_UNKNOWN', 'the answer was lost');
    gateway.deps.ledger.faults.push({ name: 'consent:GrantMany', when: 'after', error });
    const all = consents(4);
    const outcomes = await Promise.allSettled(all.map(grant));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(calls()).toEqual(['consent:Grant', 'consent:GrantMany']);
    const again = await Promise.all(all.map(grant));
    expect(new Set(again.map(({ txId }) => txId)).size).toBe(2);
    expect(consortium.world.ledger.world()).toMatchObject(
      Object.fromEntries(
        all.map(({ statement }) => [`consent/${statement.handle}/${statement.consentId}`, { statement }]),
      ),
    );
  });

  test('another person’s grants never travel under one’s name', async () => {
    const nurse = await gateway.person('nurse');
    const [first, second, third, fourth] = consents(4);
    if (!first || !second || !third || !fourth) throw new Error('no consents');
    const as = gateway.services.consents;
    await Promise.all([grant(first), as.grant(nurse, second), grant(third), as.grant(nurse, fourth)]);
    const acts = consortium.channel.messages.filter(({ event }) => event.act === 'consent-granted');
    const byNurse = acts.filter(({ event }) => event.actor.id === nurse.practitionerId);
    expect(byNurse.flatMap(({ event }) => event.consentIds)).toEqual([
      second.statement.consentId,
      fourth.statement.consentId,
    ]);
  });
});
