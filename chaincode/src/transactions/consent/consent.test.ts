// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Consent } from '../../domain/consent.js';
import { written } from '../../testing/expect-writes.js';
import type { Identity } from '../../testing/identity.js';
import type { TestPatient } from '../../testing/patient.js';
import { endorse } from '../../testing/runner.js';
import { TestWorld } from '../../testing/world.js';

const NOW = '2026-03-01T08:00:00.000Z';
const DAY_MS = 24 * 3_600_000;
let base: TestWorld;
let carrier: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
  carrier = await base.practitioner(base.hospital(1), 'nurse');
  patient = await base.patient(base.hospital(0));
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const toBirch = () => ({ kind: 'hospital', mspId: base.hospital(1).mspId }) as const;
const keyOf = ({ statement }: Pick<Consent, 'statement'>) =>
  `consent/${patient.handle}/${statement.consentId}`;

/** The one place that a version of a consent has taken. */
function placeTaken(
  writes: object,
  { statement: { consentId, version } }: Pick<Consent, 'statement'>,
): object {
  const places = Object.keys(writes).filter((key) => key.startsWith(`consent-place/${patient.handle}/`));
  expect(places).toHaveLength(1);
  return Object.fromEntries(places.map((key) => [key, { v: 1, consentId, version }]));
}

describe('consent:Grant', () => {
  test('writes what was signed', async () => {
    const world = base.fork();
    const consent = world.consent(patient, { grantee: toBirch() });
    const { writes, audit, txId } = await written(world, carrier, 'consent:Grant', consent);
    expect(writes).toEqual({
      [keyOf(consent)]: { ...consent, v: 1, grantedAt: NOW, txId },
      ...placeTaken(writes, consent),
    });
    expect(audit).toEqual({
      act: 'consent-granted',
      actor: { mspId: 'BirchMSP', id: carrier.id, role: 'nurse' },
      outcome: 'permitted',
      handle: patient.handle,
      consentIds: [consent.statement.consentId],
    });
  });

  test('two grants of one patient at once both commit: there is no hot key', async () => {
    const world = base.fork();
    const [first, second] = [1, 2].map(() => world.consent(patient, { grantee: toBirch() }));
    const one = await endorse(world.ledger, carrier, 'consent:Grant', first);
    const two = await endorse(world.ledger, carrier, 'consent:Grant', second);
    expect([world.ledger.commit(one.stub), world.ledger.commit(two.stub)]).toEqual(['VALID', 'VALID']);
  });

  test.each([
    ['a later version', { version: 2 }, 'BAD_REQUEST'],
    [
      'a validity that ends before it begins',
      { validFrom: '2026-06-01T00:00:00.000Z', validUntil: '2026-05-01T00:00:00.000Z' },
      'BAD_REQUEST',
    ],
    [
      'a validity that is over',
      { validFrom: '2026-01-01T00:00:00.000Z', validUntil: NOW },
      'STATEMENT_EXPIRED',
    ],
    ['a signature of the future', { signedAt: '2026-03-01T08:05:00.001Z' }, 'STATEMENT_EXPIRED'],
    ['a signature of yesterday', { signedAt: '2026-02-28T08:00:00.000Z' }, 'STATEMENT_EXPIRED'],
  ])('refuses %s', async (_what, plan, code) => {
    const world = base.fork();
    const consent = world.consent(patient, { grantee: toBirch(), ...(plan as object) });
    await refuse(world.run(carrier, 'consent:Grant', consent), code);
  });

  test('takes a signature up to the edge of skew and age', async () => {
    const world = base.fork();
    for (const signedAt of ['2026-03-01T08:05:00.000Z', '2026-02-28T08:00:00.001Z'])
      await world.run(
        carrier,
        'consent:Grant',
        world.consent(patient, { grantee: toBirch(), signedAt: signedAt as never }),
      );
  });
});

describe('consent:Replace', () => {
  test('writes the next version and keeps the one before as it was', async () => {
    const world = base.fork();
    const first = await world.grant(patient, { grantee: toBirch() });
    const before = world.ledger.world()[keyOf(first)] as object;
    const next = world.consent(patient, {
      ...first.statement,
      version: 2,
      nonce: world.names.nonce(),
      categories: ['summary'],
    });
    const { writes, audit, txId } = await written(world, carrier, 'consent:Replace', next);
    expect(writes).toEqual({
      [keyOf(first)]: { ...next, v: 1, grantedAt: NOW, txId },
      ...placeTaken(writes, next),
      [`consent-past/${patient.handle}/${first.statement.consentId}/0000001`]: { ...before, replacedAt: NOW },
    });
    expect(audit).toMatchObject({ act: 'consent-replaced', handle: patient.handle });
  });

  test('refuses a version that skips, a consent that is not there, and one that is revoked', async () => {
    const world = base.fork();
    const first = await world.grant(patient, { grantee: toBirch() });
    const version = (number: number, plan: object = first.statement) =>
      world.consent(patient, { grantee: toBirch(), ...plan, version: number, nonce: world.names.nonce() });
    await refuse(world.run(carrier, 'consent:Replace', version(3)), 'CONFLICT');
    await refuse(world.run(carrier, 'consent:Replace', version(1)), 'STATEMENT_REPLAYED');
    await refuse(world.run(carrier, 'consent:Replace', version(2, {})), 'NOT_FOUND');
    await world.revoke(patient, first);
    await refuse(world.run(carrier, 'consent:Replace', version(2)), 'FORBIDDEN_TRANSITION');
  });
});

describe('consent:Revoke', () => {
  test('writes the revocation into the consent, and takes it away from those that stand, whichever hospital submits it', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: toBirch() });
    const before = world.ledger.world()[keyOf(consent)] as object;
    const request = world.revocation(patient, consent) as { statement: { nonce: string } };
    const { writes, audit, txId } = await written(
      world,
      world.hospital(2).custodian,
      'consent:Revoke',
      request,
    );
    expect(writes).toEqual({
      [keyOf(consent)]: null,
      [`consent-ended/${patient.handle}/${consent.statement.consentId}`]: {
        ...before,
        revocation: { ...request, revokedAt: NOW, txId },
      },
      [`nonce/${patient.handle}/${request.statement.nonce}`]: { v: 1 },
    });
    expect(audit).toMatchObject({ act: 'consent-revoked', consentIds: [consent.statement.consentId] });
    await refuse(world.run(carrier, 'consent:Revoke', request), 'ALREADY_EXISTS');
  });

  test('counts however long it was held back', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: toBirch() });
    const request = world.revocation(patient, consent);
    world.ledger.advance(30 * DAY_MS);
    await expect(world.run(carrier, 'consent:Revoke', request)).resolves.toBeDefined();
  });
});

describe('what was allowed on a day', () => {
  test('is told by the day, not by what came after', async () => {
    const world = base.fork();
    const { gateway } = world.hospital(0);
    const asOf = async (at: string) => {
      const { answer } = await world.run(gateway, 'consent:ListAsOf', { handle: patient.handle, at });
      return (answer as { consents: Consent[] }).consents.map(({ statement }) => statement.version);
    };
    const before = world.at(-1);
    const first = await world.grant(patient, { grantee: toBirch() });
    const granted = world.ledger.now;
    world.ledger.advance(DAY_MS);
    const renewed = {
      ...first.statement,
      version: 2,
      nonce: world.names.nonce(),
      signedAt: world.ledger.now as never,
    };
    const next = world.consent(patient, renewed);
    await world.run(gateway, 'consent:Replace', next);
    const replaced = world.ledger.now;
    world.ledger.advance(DAY_MS);
    await world.revoke(patient, next);
    expect(await asOf(before)).toEqual([]);
    expect(await asOf(granted)).toEqual([1]);
    expect(await asOf(replaced)).toEqual([2]);
    expect(await asOf(world.ledger.now)).toEqual([]);
  });

  test('is told to the home hospital, to custodians, and to a grantee what names it', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: toBirch() });
    const { consentId } = consent.statement;
    const get = (caller: Identity) => world.run(caller, 'consent:Get', { handle: patient.handle, consentId });
    for (const caller of [world.hospital(0).gateway, world.hospital(1).gateway, world.hospital(2).custodian])
      expect((await get(caller)).answer).toMatchObject({ statement: consent.statement });
    await refuse(get(world.hospital(2).gateway), 'NOT_FOUND');
  });
});
