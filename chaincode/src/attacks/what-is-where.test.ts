// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Chart, foundChart } from '../testing/chart.js';
import type { AuditEntry } from '../domain/audit.js';
import { manifestHash } from '../domain/record.js';
import { CATEGORIES } from '../domain/vocabulary.js';
import { ownAuditRead } from '../testing/audit-read.js';
import type { Identity } from '../testing/identity.js';
import type { PreparedRecord } from '../testing/record.js';
import type { TestWorld } from '../testing/world.js';

const HOUR_MS = 3_600_000;
let base: Chart['base'];
let author: Chart['author'];
let reader: Chart['reader'];
let patient: Chart['patient'];
let record: Chart['record'];

beforeAll(async () => {
  ({ base, author, reader, patient, record } = await foundChart([
    { category: 'substance-use' },
    { category: 'mental-health' },
  ]));
});

async function refused(world: TestWorld, prepared: PreparedRecord, code: string): Promise<void> {
  const before = [world.ledger.world(), world.ledger.vault()];
  await expect(world.register(author, prepared)).rejects.toMatchObject({ code });
  expect([world.ledger.world(), world.ledger.vault()]).toEqual(before);
}

describe('what is where', () => {
  test('attack 21: public state tells no category, class, date of care or content identifier of a record', async () => {
    const world = base.fork();
    await world.declare(reader, record);
    const entries = Object.entries(world.ledger.world()).filter(
      ([key]) => !/^(ceremony|custodian)/.test(key),
    );
    const text = JSON.stringify(entries);
    for (const category of CATEGORIES) expect(text).not.toContain(`"${category}"`);
    for (const word of ['"standard"', '"sealed"', '"index"', '"2026-02"', 'bafk', '"category"', '"class"'])
      expect(text).not.toContain(word);
    expect(JSON.stringify(world.ledger.vault())).toContain('"mental-health"');
  });

  test('attack 25: a capsule of another record, or of another segment, is refused', async () => {
    const world = base.fork();
    const mine = await world.prepare(patient, [{ category: 'notes' }, { category: 'imaging' }]);
    const [first, second] = mine.vault.capsules;
    const [stolen] = record.vault.capsules;
    const withCapsules = (capsules: readonly unknown[]) =>
      ({ ...mine, vault: { ...mine.vault, capsules } }) as unknown as PreparedRecord;
    const moved = withCapsules([{ ...first, capsule: stolen?.capsule }, second]);
    await refused(world, moved, 'CAPSULE_INVALID');
    const swapped = withCapsules([
      { ...first, capsule: second?.capsule },
      { ...second, capsule: first?.capsule },
    ]);
    await refused(world, swapped, 'CAPSULE_INVALID');
    await refused(world, withCapsules([first]), 'MANIFEST_MISMATCH');
    await refused(world, withCapsules([first, first]), 'MANIFEST_MISMATCH');
  });

  test('attack 25: a capsule with any byte changed is refused', async () => {
    const world = base.fork();
    const mine = await world.prepare(patient, [{ category: 'notes' }]);
    const [sealed] = mine.vault.capsules;
    const bytes = Buffer.from(sealed?.capsule ?? '', 'base64url');
    for (const position of [0, 1, 2, 34, 66, 98, 130, 161]) {
      const flipped = Buffer.from(bytes);
      flipped[position] = (flipped[position] ?? 0) ^ 1;
      const capsules = [{ ...sealed, capsule: flipped.toString('base64url') }];
      await refused(
        world,
        { ...mine, vault: { ...mine.vault, capsules } } as PreparedRecord,
        'CAPSULE_INVALID',
      );
    }
  });

  test('attack 25: a label that lies is refused, and a capsule is used once only', async () => {
    const world = base.fork();
    const mine = await world.prepare(patient, [{ category: 'notes' }]);
    const labels = mine.request.labels.map((label) => ({ ...label, label: world.names.bytes32() }));
    await refused(world, { ...mine, request: { ...mine.request, labels } }, 'LABEL_MISMATCH');
    await world.register(author, mine);
    const keys = Object.keys(world.ledger.world()).filter((key) => key.startsWith('capsule/'));
    expect(keys).toHaveLength(3);
  });

  test('attack 25: a manifest whose category, owner or hash is not what was sealed is refused', async () => {
    const world = base.fork();
    const mine = await world.prepare(patient, [{ category: 'notes' }]);
    const { manifest } = mine.vault;
    const relabelled = {
      ...manifest,
      segments: manifest.segments.map((one) => ({ ...one, category: 'insurance' })),
    };
    const lie = (changed: object, rehash: boolean) =>
      ({
        request: rehash
          ? { ...mine.request, manifestHash: manifestHash(changed as never, sha256) }
          : mine.request,
        vault: { ...mine.vault, manifest: changed },
      }) as PreparedRecord;
    await refused(world, lie(relabelled, false), 'MANIFEST_MISMATCH');
    await refused(world, lie(relabelled, true), 'LABEL_MISMATCH');
    const other = await world.patient(world.hospital(0));
    await refused(world, lie({ ...manifest, ownerHandle: other.handle }, true), 'MANIFEST_MISMATCH');
    await refused(world, lie({ ...manifest, author: 'BirchMSP' }, true), 'MANIFEST_MISMATCH');
    await refused(world, lie({ ...manifest, channel: 'other' }, true), 'MANIFEST_MISMATCH');
  });

  test('attack 30: every act leaves one entry in the name of its certificate, and no transaction writes another', async () => {
    const world = base.fork();
    const intent = await world.declare(reader, record);
    const entry = world.ledger.world()[`audit/${intent.txId}`] as AuditEntry;
    expect(entry.actor).toEqual({ mspId: 'BirchMSP', id: reader.id, role: 'physician' });
    expect(entry.outcome).toBe('refused');
    const forged = world.intentRequest(reader, record, { actor: { mspId: 'AlderMSP', id: author.id } });
    await expect(world.run(reader, 'access:DeclareIntent', forged)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  test('attack 30: the audit is read under a declaration of one’s own that is itself in the audit', async () => {
    const world = base.fork();
    await world.declare(reader, record);
    const auditor = await world.practitioner(world.hospital(2), 'auditor');
    const period = { from: world.at(-HOUR_MS), until: world.at(HOUR_MS) };
    world.ledger.advance(1);
    const scope = { kind: 'handle', handle: patient.handle };
    const declare = async (caller: Identity, about: object = scope) => {
      const auditReadId = world.ownId('auditRead', caller.mspId);
      await world.run(caller, 'audit:DeclareRead', { auditReadId, scope: about, ...period });
      return auditReadId;
    };
    const query = (caller: Identity, auditReadId: string) =>
      world.run(caller, 'audit:Query', { auditReadId, pageSize: 50 });
    await expect(query(auditor, world.names.id('auditRead'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(declare(reader)).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    const foreign = await world.practitioner(world.hospital(2), 'privacy-officer');
    await expect(declare(foreign)).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    await expect(declare(foreign, { kind: 'hospital', mspId: 'BirchMSP' })).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    const id = await declare(auditor);
    const { entries } = (await query(auditor, id)).answer as { entries: AuditEntry[] };
    const acts = entries.map(({ act }) => act).sort();
    expect(acts).toEqual(['audit-read', 'intent-declared', 'patient-registered', 'record-registered']);
    await expect(query(foreign, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('attack 30: a bookmark of another patient’s log leads nowhere', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const period = { from: world.at(-HOUR_MS), until: world.at(HOUR_MS) };
    world.ledger.advance(1);
    const { gateway, mspId } = world.hospital(0);
    const declaration = ownAuditRead(world, other, mspId, period);
    const { auditReadId, scope } = declaration;
    await world.run(gateway, 'audit:DeclareRead', declaration);
    const bookmark = `audit-handle~${patient.handle}~`;
    await expect(
      world.run(gateway, 'audit:Query', { auditReadId, pageSize: 10, bookmark }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const stolen = { ...scope, handle: patient.handle, nonce: world.names.nonce() };
    const second = { auditReadId: world.ownId('auditRead', patient.handle), scope: stolen, ...period };
    await expect(world.run(gateway, 'audit:DeclareRead', second)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });
});
