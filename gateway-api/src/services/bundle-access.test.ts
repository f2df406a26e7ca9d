// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Category, Month, Segment } from '@tutela/chaincode/domain';
import { prepareRecord } from '@tutela/chaincode/testing';
import { GATEWAY } from '../ledger/actor.js';
import type { Actor } from '../ledger/actor.js';
import { memoryAttempt, type Scene, setScene } from '../testing/index.js';
import type { StoredRecord } from './store-record.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let birch: Scene['birch'];
let patient: Scene['patient'];
let author: Scene['author'];
let reader: Scene['reader'];
let stored: StoredRecord;

const TEXT = JSON.stringify(
  {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { resource: { resourceType: 'Patient', id: 'p' } },
      { resource: { resourceType: 'Condition', subject: { reference: 'Patient/p' } } },
      {
        resource: {
          resourceType: 'Condition',
          meta: { security: [{ code: 'PSY' }] },
          note: 'withheld words',
        },
      },
      { resource: { resourceType: 'MedicationRequest', id: 'm' } },
    ],
  },
  null,
  2,
);

beforeEach(async () => {
  ({ consortium, alder, birch, patient, author, reader } = await setScene());
  const facts = { handle: patient.handle, month: '2026-02' as Month };
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from(TEXT));
  })();
  stored = await alder.services.storeRecord.storeBundle(author, facts, body, memoryAttempt());
});

function segmentOf(wanted: Category): StoredRecord['segments'][number]['segmentId'] {
  const found = stored.segments.find(({ category }) => category === wanted);
  if (found === undefined) throw new Error('no such segment');
  return found.segmentId;
}

async function open(by: Actor, more: object = {}): Promise<string> {
  const request = {
    recordId: stored.recordId,
    purpose: 'TREAT',
    basis: { kind: 'consent' },
    ...more,
  } as const;
  const { body } = await birch.services.openRecord.openRecord(by, request);
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

async function permit(to: Actor & { kind: 'practitioner' }, categories?: readonly Category[]): Promise<void> {
  const grantee = { kind: 'person', mspId: birch.mspId, practitionerId: to.practitionerId } as const;
  await consortium.world.grant(patient, { grantee, ...(categories && { categories }) });
}

const typesIn = (text: string): readonly unknown[] =>
  (JSON.parse(text) as { entry: { resource: { resourceType: string } }[] }).entry.map(
    (entry) => entry.resource.resourceType,
  );

describe('a Bundle', () => {
  test('is one segment for each category, the summary in its own class', () => {
    const categories = stored.segments.map(({ category }) => category).sort();
    expect(categories).toEqual(['demographics', 'medication', 'mental-health', 'summary']);
  });

  test('opened whole is the Bundle that was stored, byte for byte', async () => {
    await permit(reader);
    expect(await open(reader)).toBe(TEXT);
  });

  test('opened for some categories holds these alone', async () => {
    await permit(reader);
    expect(typesIn(await open(reader, { categories: ['medication'] }))).toEqual(['MedicationRequest']);
  });
});

test('attack 44: segments that are too large to be joined are refused, and no more is fetched than waits for a key', async () => {
  const { world } = consortium;
  const custodians = await birch.deps.ledger.evaluate(GATEWAY, 'custody:GetCurrent', {});
  const planned = await world.prepare(patient, [{ category: 'notes' }, { category: 'medication' }]);
  const { manifest } = planned.vault;
  const size = 4 * 1024 * 1024;
  const large = (segment: Segment): Segment => {
    const parts = Array.from({ length: 9 }, () => segment.parts.map((one) => ({ ...one, size }))).flat();
    return { ...segment, parts, size: size * parts.length };
  };
  const whole = { ...manifest, segments: manifest.segments.map(large) };
  await world.register(alder.deps.identities.identityOf(author), prepareRecord(whole, custodians));
  await permit(reader);
  let reads = 0;
  const get = birch.deps.storage.get.bind(birch.deps.storage);
  birch.deps.storage.get = (...asked) => {
    reads += 1;
    return get(...asked);
  };
  await expect(open(reader, { recordId: manifest.recordId })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(reads * size).toBeLessThanOrEqual(8 * 1024 * 1024);
});

describe('attack 19: a category withheld', () => {
  test('is not in what the consent opens, and leaves no trace in it', async () => {
    await permit(reader, ['demographics', 'summary', 'medication']);
    const text = await open(reader);
    expect(typesIn(text)).toEqual(['Patient', 'Condition', 'MedicationRequest']);
    expect(text).not.toContain('withheld words');
  });

  test('is not in what a role may read, whatever the consent says', async () => {
    const pharmacist = await birch.person('pharmacist');
    await permit(pharmacist);
    expect(typesIn(await open(pharmacist))).toEqual(['Condition', 'MedicationRequest']);
    await expect(open(pharmacist, { categories: ['mental-health'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('named by its segment is refused, recorded, and answered as not found', async () => {
    await permit(reader, ['summary']);
    const segmentId = segmentOf('mental-health');
    const wanted = { segments: [{ recordId: stored.recordId, version: 1, segmentId }] };
    const request = { handle: patient.handle, purpose: 'TREAT', basis: { kind: 'consent' }, wanted } as const;
    await expect(birch.services.intents.declare(reader, request)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(consortium.channel.messages.at(-1)?.event).toMatchObject({
      outcome: 'refused',
      codes: ['NO_CONSENT'],
    });
  });
});

describe('an emergency', () => {
  test('alone reaches the summary and nothing else; with a second clinician and a foreign officer, all but what is sealed', async () => {
    const request = {
      handle: patient.handle,
      reason: 'unconscious',
      scope: 'full',
      timeBoxMinutes: 60,
    } as const;
    const reasonHash = consortium.world.names.bytes32();
    const facts = { ...request, reasonHash };
    const opening = await birch.stepUp(reader, { act: 'open-emergency', emergency: facts });
    await birch.services.emergencies.open(reader, { ...facts, ...opening }, memoryAttempt());
    const { emergencyId } = opening;
    const basis = { kind: 'emergency', emergencyId } as const;
    expect(typesIn(await open(reader, { purpose: 'BTG', basis }))).toEqual(['Condition']);
    const cedar = consortium.gateway(2);
    const officer = await cedar.person('medical-officer');
    const { stepUp } = await cedar.stepUp(officer, { act: 'cosign-emergency', emergencyId });
    await cedar.services.emergencies.cosign(officer, { emergencyId, stepUp }, memoryAttempt());
    expect(await open(reader, { purpose: 'BTG', basis })).toBe(TEXT);
    await birch.services.emergencies.close(reader, emergencyId, memoryAttempt());
    await expect(open(reader, { purpose: 'BTG', basis })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
