// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { instantOf, type Category } from '@tutela/chaincode/domain';
import { declare, grant, openOnly, personGrantee, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import type { ConsentWish, PatientWallet } from '../support/patient-wallet.js';
import type { Session } from '../support/rest-client.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';

const HOUR_MS = 3_600_000;
const listed = z.looseObject({
  consents: z.array(z.looseObject({ statement: z.looseObject({ consentId: z.string(), version: z.int() }) })),
});

/** A patient, a record of one category, and a reader with nothing yet. */
interface Case {
  readonly patient: PatientWallet;
  readonly recordId: string;
  readonly reader: Session;
  readonly allow: (wish: Omit<ConsentWish, 'categories'>) => Promise<string>;
  readonly open: () => Promise<Uint8Array>;
  readonly refused: () => Promise<string>;
}

describe('what a consent allows, and its neighbour', () => {
  const scene = useScene();

  async function newCase(category: Category = 'imaging'): Promise<Case> {
    const { away, consortium, home, physician } = scene();
    const [patient, reader] = await Promise.all([
      consortium.patient(home),
      consortium.person(away, 'physician', 'ward'),
    ]);
    const { recordId } = await storeRecord(physician, patient, smallDocument('A case'), { category });
    const reading = { patient, recordId };
    return {
      patient,
      recordId,
      reader,
      allow: async (wish) => (await grant(physician, patient, { ...wish, categories: [category] })).consentId,
      open: () => openOnly(reader, reading),
      refused: async () => (await refusalOf(declare(reader, reading))).code,
    };
  }

  test('a person is named, a colleague is not', async () => {
    const { away } = scene();
    const [named, other] = [await newCase(), await newCase()];
    await named.allow({ grantee: personGrantee(away.mspId, other.reader) });
    expect(await named.refused()).toBe('NOT_FOUND');
    await named.allow({ grantee: personGrantee(away.mspId, named.reader) });
    await named.open();
  });

  test('a role at a hospital is named, another role and another hospital are not', async () => {
    const { away, home } = scene();
    const { allow, open, refused } = await newCase();
    await allow({ grantee: { kind: 'role', mspId: away.mspId, role: 'nurse' } });
    await allow({ grantee: { kind: 'role', mspId: home.mspId, role: 'physician' } });
    expect(await refused()).toBe('NOT_FOUND');
    await allow({ grantee: { kind: 'role', mspId: away.mspId, role: 'physician' } });
    await open();
  });

  test('a hospital is permitted and one person of it denied: the denial overrides', async () => {
    const { away } = scene();
    const { allow, open, reader, refused } = await newCase();
    await allow({ grantee: { kind: 'hospital', mspId: away.mspId } });
    await open();
    await allow({ grantee: personGrantee(away.mspId, reader), decision: 'deny' });
    expect(await refused()).toBe('NOT_FOUND');
  });

  test('a consent is no use before it begins, nor after it has ended', async () => {
    const { away } = scene();
    const { allow, open, reader, refused } = await newCase();
    const grantee = personGrantee(away.mspId, reader);
    const now = Date.now();
    await allow({ grantee, validFromMs: now + HOUR_MS });
    expect(await refused()).toBe('NOT_FOUND');
    await allow({ grantee, validUntilMs: now + HOUR_MS });
    await open();
  });

  test('a purpose covers itself alone', async () => {
    const { away } = scene();
    const { allow, open, reader, refused } = await newCase();
    await allow({ grantee: personGrantee(away.mspId, reader), purposes: ['HRESCH', 'HPAYMT'] });
    expect(await refused()).toBe('NOT_FOUND');
    await allow({ grantee: personGrantee(away.mspId, reader), purposes: ['TREAT'] });
    await open();
  });

  test('two reads are two reads', async () => {
    const { away } = scene();
    const { allow, open, reader, refused } = await newCase();
    await allow({ grantee: personGrantee(away.mspId, reader), maxReads: 2 });
    await open();
    await open();
    expect(await refused()).toBe('NOT_FOUND');
  });

  test('a new version replaces the one before, and the day before can still be asked for', async () => {
    const { away, physician } = scene();
    const { allow, open, patient, reader, refused } = await newCase();
    const grantee = personGrantee(away.mspId, reader);
    const consentId = await allow({ grantee });
    await open();
    const before = instantOf(Date.now());
    const next = patient.consent({ consentId, version: 2, grantee, categories: ['device'] });
    await physician.write('PUT', `/v1/consents/${consentId}`, next);
    expect(await refused()).toBe('NOT_FOUND');
    const asked = await physician.get(`/v1/consents?handle=${patient.handle}&at=${before}`);
    const then = listed.parse(asked).consents.find(({ statement }) => statement.consentId === consentId);
    expect(then?.statement.version).toBe(1);
  });
});
