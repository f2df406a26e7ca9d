// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Chart, foundChart } from '../../testing/chart.js';
import { AHEAD_MS, type AuditEntry, type AuditPage, type Exposure } from '../../domain/audit.js';
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import { ownAuditRead } from '../../testing/audit-read.js';
import { written } from '../../testing/expect-writes.js';
import type { Identity } from '../../testing/identity.js';
import { endorse } from '../../testing/runner.js';
import type { TestWorld } from '../../testing/world.js';

const HOUR_MS = 3_600_000;
let base: Chart['base'];
let reader: Chart['reader'];
let patient: Chart['patient'];
let record: Chart['record'];

beforeAll(async () => {
  ({ base, reader, patient, record } = await foundChart([{ category: 'summary' }, { category: 'notes' }]));
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

function declaration(world: TestWorld, { mspId }: Pick<Identity, 'mspId'>, scope: object) {
  return {
    auditReadId: world.ownId('auditRead', mspId),
    scope,
    from: world.at(-HOUR_MS),
    until: world.at(HOUR_MS),
  };
}

/** The patient's own reading, through the first hospital. */
const ofPatient = (world: TestWorld, period: Readonly<{ until?: string }> = {}) =>
  ownAuditRead(world, patient, world.hospital(0).mspId, period);

async function readAll(
  world: TestWorld,
  caller: Identity,
  auditReadId: string,
): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let bookmark: string | undefined;
  do {
    const request = { auditReadId, pageSize: 2, ...(bookmark !== undefined && { bookmark }) };
    const page = (await world.run(caller, 'audit:Query', request)).answer as {
      entries: AuditEntry[];
      bookmark?: string;
    };
    entries.push(...page.entries);
    bookmark = page.bookmark;
  } while (bookmark !== undefined);
  return entries;
}

describe('audit:DeclareRead', () => {
  test('writes who reads what, and uses up the patient’s nonce', async () => {
    const world = base.fork();
    const { gateway } = world.hospital(0);
    const request = ofPatient(world);
    const { writes, audit, txId } = await written(world, gateway, 'audit:DeclareRead', request);
    expect(writes).toEqual({
      [`audit-read/${request.auditReadId}`]: {
        ...request,
        v: 1,
        txId,
        reader: { mspId: 'AlderMSP', id: 'gateway', role: 'gateway' },
        declaredAt: world.ledger.now,
      },
      [`nonce/${patient.handle}/${request.scope.nonce}`]: { v: 1 },
    });
    expect(audit).toMatchObject({ act: 'audit-read', handle: patient.handle });
    const again = { ...request, auditReadId: world.ownId('auditRead', patient.handle) };
    await refuse(world.run(gateway, 'audit:DeclareRead', again), 'SIGNATURE_INVALID');
    await refuse(world.run(gateway, 'audit:DeclareRead', request), 'STATEMENT_REPLAYED');
  });

  test.each<
    [
      'auditor' | 'privacy-officer' | 'physician',
      number,
      'handle' | 'hospital' | 'practitioner',
      string | undefined,
    ]
  >([
    ['auditor', 2, 'handle', undefined],
    ['auditor', 2, 'hospital', undefined],
    ['auditor', 2, 'practitioner', undefined],
    ['privacy-officer', 0, 'handle', undefined],
    ['privacy-officer', 1, 'handle', 'CALLER_NOT_ENTITLED'],
    ['privacy-officer', 1, 'hospital', undefined],
    ['privacy-officer', 0, 'hospital', 'CALLER_NOT_ENTITLED'],
    ['privacy-officer', 1, 'practitioner', undefined],
    ['privacy-officer', 2, 'practitioner', 'CALLER_NOT_ENTITLED'],
    ['physician', 1, 'hospital', 'CALLER_NOT_ENTITLED'],
    ['physician', 0, 'handle', 'CALLER_NOT_ENTITLED'],
  ])('a %s of hospital %i for the scope %s: %s', async (role, at, kind, code) => {
    const world = base.fork();
    const person = await world.practitioner(world.hospital(at), role);
    const scopes = {
      handle: { kind, handle: patient.handle },
      hospital: { kind, mspId: 'BirchMSP' },
      practitioner: { kind, mspId: 'BirchMSP', practitionerId: reader.id },
    };
    const act = world.run(person, 'audit:DeclareRead', declaration(world, person, scopes[kind]));
    if (code === undefined) await expect(act).resolves.toBeDefined();
    else await refuse(act, code);
  });
});

describe('audit:Query', () => {
  async function entriesOf(world: TestWorld, scope: object): Promise<readonly AuditEntry[]> {
    const auditor = await world.practitioner(world.hospital(2), 'auditor');
    world.ledger.advance(1);
    const request = declaration(world, auditor, scope);
    await world.run(auditor, 'audit:DeclareRead', request);
    return readAll(world, auditor, request.auditReadId);
  }

  test('pages through the log of a handle, a practitioner or a hospital, oldest first, and stops at the declaration', async () => {
    const world = base.fork();
    const colleague = await world.practitioner(world.hospital(1), 'physician');
    for (const who of [reader, colleague, reader]) {
      world.ledger.advance(1000);
      await world.declare(who, record);
    }
    const acts = (entries: readonly AuditEntry[]) => entries.filter(({ act }) => act === 'intent-declared');
    const byHandle = acts(await entriesOf(world, { kind: 'handle', handle: patient.handle }));
    expect(byHandle.map(({ actor }) => actor.id)).toEqual([reader.id, colleague.id, reader.id]);
    const byPerson = await entriesOf(world, {
      kind: 'practitioner',
      mspId: 'BirchMSP',
      practitionerId: reader.id,
    });
    expect(byPerson.map(({ act }) => act)).toEqual(['intent-declared', 'intent-declared']);
    const byHospital = acts(await entriesOf(world, { kind: 'hospital', mspId: 'BirchMSP' }));
    expect(byHospital).toEqual(byHandle);
  });

  test('a declaration covers nothing that comes minutes after it', async () => {
    const world = base.fork();
    const { gateway } = world.hospital(0);
    world.ledger.advance(1000);
    const request = ofPatient(world);
    await world.run(gateway, 'audit:DeclareRead', request);
    const before = await readAll(world, gateway, request.auditReadId);
    world.ledger.advance(AHEAD_MS);
    await world.declare(reader, record);
    expect(await readAll(world, gateway, request.auditReadId)).toEqual(before);
  });

  test('a declaration of a time that is over covers that time alone', async () => {
    const world = base.fork();
    const { gateway } = world.hospital(0);
    await world.declare(reader, record);
    const until = world.ledger.nowMs;
    world.ledger.advance(1000);
    await world.declare(reader, record);
    world.ledger.advance(HOUR_MS / 2);
    const request = ofPatient(world, { until: new Date(until + 1).toISOString() });
    await world.run(gateway, 'audit:DeclareRead', request);
    const entries = await readAll(world, gateway, request.auditReadId);
    expect(entries.filter(({ act }) => act === 'intent-declared')).toHaveLength(1);
  });

  test('attack 45: a reading declared with a time of its own choice is in every later reading, and reads on no longer than others', async () => {
    const world = base.fork();
    const auditor = await world.practitioner(world.hospital(2), 'auditor');
    const scope = { kind: 'handle', handle: patient.handle };
    const hidden = { ...declaration(world, auditor, scope), until: '2099-12-31T00:00:00.000Z' };
    const declare = (timestampMs: number) => world.run(auditor, 'audit:DeclareRead', hidden, { timestampMs });
    await refuse(declare(Date.parse('2099-01-01T00:00:00.000Z')), 'CLOCK_SKEWED');
    await declare(world.ledger.nowMs + CLOCK_SKEW_MS);
    for (const laterMs of [0, 1000, CLOCK_SKEW_MS, HOUR_MS / 2]) {
      world.ledger.advance(laterMs);
      const { gateway } = world.hospital(0);
      const honest = ofPatient(world, { until: world.ledger.now });
      await world.run(gateway, 'audit:DeclareRead', honest);
      const seen = await readAll(world, gateway, honest.auditReadId);
      expect(seen.filter(({ act, actor }) => act === 'audit-read' && actor.id === auditor.id)).toHaveLength(
        1,
      );
    }
    await world.declare(reader, record);
    const read = await readAll(world, auditor, hidden.auditReadId);
    expect(read.map(({ act }) => act)).not.toContain('intent-declared');
  });

  test('attack 45: an entry that claims the past appears in no time that was settled', async () => {
    const world = base.fork();
    const { gateway, custodian } = world.hospital(0);
    const page = async () => {
      const request = ofPatient(world);
      await world.run(gateway, 'audit:DeclareRead', request);
      const asked = { auditReadId: request.auditReadId, pageSize: 50 };
      return (await world.run(gateway, 'audit:Query', asked)).answer as AuditPage;
    };
    expect(await page()).not.toHaveProperty('settledUntil');
    const hash = world.names.bytes32();
    const withheld = await endorse(
      world.ledger,
      reader,
      'access:DeclareIntent',
      world.intentRequest(reader, record),
    );
    await world.run(custodian, 'custody:Heartbeat', { height: 1, blockHash: hash, journalHead: hash });
    expect(world.ledger.commit(withheld.stub)).toBe('MVCC_READ_CONFLICT');
    const { settledUntil = '' } = await page();
    expect(settledUntil).toBe(world.at(-3 * CLOCK_SKEW_MS));
    const earliest = { timestampMs: world.ledger.nowMs - CLOCK_SKEW_MS };
    const { declaredAt } = await world.declare(reader, record, {}, earliest);
    expect(declaredAt >= settledUntil).toBe(true);
  });
});

describe('audit:Exposure', () => {
  test('names the segments that were opened, by whom and under what, and nothing that was refused', async () => {
    const world = base.fork();
    const { gateway } = world.hospital(0);
    await world.declare(reader, record);
    const grantee = { kind: 'hospital', mspId: reader.mspId } as const;
    const { statement } = await world.grant(patient, { grantee, categories: ['notes'] });
    world.ledger.advance(1000);
    const intent = await world.declare(reader, record);
    world.ledger.advance(1000);
    const request = ofPatient(world);
    await world.run(gateway, 'audit:DeclareRead', request);
    const report = await world.run(gateway, 'audit:Exposure', {
      auditReadId: request.auditReadId,
      pageSize: 50,
    });
    const { exposures } = report.answer as { exposures: Exposure[] };
    const { intentId, txId, requester, purpose, basis, declaredAt } = intent;
    const [, notes] = record.vault.manifest.segments;
    expect(exposures).toEqual([
      {
        intentId,
        txId,
        requester,
        purpose,
        basis,
        declaredAt,
        segments: [
          {
            recordId: record.request.recordId,
            version: 1,
            segmentId: notes?.segmentId,
            decision: 'permit',
            consentId: statement.consentId,
          },
        ],
      },
    ]);
    await refuse(
      world.run(reader, 'audit:Exposure', { auditReadId: request.auditReadId, pageSize: 50 }),
      'NOT_FOUND',
    );
  });
});

describe('audit:GetEntry', () => {
  test('is a receipt for the actor and the own hospital’s processes, and for nobody else', async () => {
    const world = base.fork();
    const { txId } = await world.declare(reader, record);
    const get = (caller: Identity) => world.run(caller, 'audit:GetEntry', { txId });
    for (const caller of [reader, world.hospital(1).gateway])
      expect((await get(caller)).answer).toMatchObject({ txId, act: 'intent-declared' });
    const colleague = await world.practitioner(world.hospital(1), 'physician');
    for (const caller of [colleague, world.hospital(0).gateway]) await refuse(get(caller), 'NOT_FOUND');
  });
});
