// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { manifestHash, segmentLabelHash, VAULT, type Manifest } from '@tutela/chaincode/domain';
import { encodeBase64url, sha256 } from '@tutela/crypto';
import { declare, grant, openOnly, personGrantee, storeRecord } from '../support/clinic.js';
import { setting } from '../support/consortium.js';
import { filesHolding } from '../support/disk-search.js';
import { patternBytes, smallDocument } from '../support/fixtures.js';
import { insiderPerson } from '../support/insider-person.js';
import { releaseContextAt } from '../support/insider.js';
import { ledgerRefusal } from '../support/ledger-client.js';
import { askOperator } from '../support/operator-socket.js';
import { FORGERIES, framed, plantRecord } from '../support/planted-record.js';
import { ownId, randomNonce } from '../support/random-id.js';
import { refusalOf, type RestProblem } from '../support/rest-problem.js';
import { waitFor } from '../support/wait.js';
import { sharedStateDir } from '../support/shared-consortium.js';
import { useScene } from '../support/scene.js';

const addresses = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const nodeConfig = z.looseObject({
  Addresses: z.looseObject({ API: addresses, Gateway: addresses, Swarm: addresses }),
  Bootstrap: z
    .array(z.string())
    .nullable()
    .transform((all) => all ?? []),
  Routing: z.looseObject({ Type: z.string() }),
});

const SECRET_NAME = /(_sk|^key\.pem|\.key|passphrase|secret|credentials|password|identity\.json|sealed)$/i;

describe('what is where', () => {
  const scene = useScene();

  test('attack 21: nothing that was stored stands in the clear on any disk of any hospital, logs included', async () => {
    const { physician, patient } = scene();
    const planted = `planted-${randomNonce()}`;
    const file = smallDocument(planted);
    const { recordId } = await storeRecord(physician, patient, file, { category: 'notes' });
    expect(await openOnly(physician, { patient, recordId }).catch(() => file.bytes)).toEqual(file.bytes);
    expect(await filesHolding(sharedStateDir, [new TextEncoder().encode(planted)])).toEqual([]);
  });

  test('attack 23: every secret file is its owner’s alone, and every folder of the state is closed', async () => {
    const entries = await readdir(sharedStateDir, { withFileTypes: true, recursive: true });
    const secrets = entries
      .filter((entry) => entry.isFile() && SECRET_NAME.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    expect(secrets.length).toBeGreaterThan(10);
    const open = await Promise.all(
      secrets.map(async (file) => [file, (await lstat(file)).mode & 0o077] as const),
    );
    expect(open.filter(([, mode]) => mode !== 0)).toEqual([]);
    expect((await lstat(sharedStateDir)).mode & 0o077).toBe(0);
  });

  test('attack 23: no secret stands in an argument of a process', async () => {
    const { consortium } = scene();
    const entries = await readdir(sharedStateDir, { withFileTypes: true, recursive: true });
    const files = entries.filter(
      (entry) =>
        entry.isFile() && /^(passphrase|credentials|cluster\.secret|swarm\.key)$/.test(basename(entry.name)),
    );
    const secrets = await Promise.all(
      files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
    );
    const needles = secrets
      .map((secret) => secret.trim().split('\n').at(-1) ?? '')
      .filter((text) => text.length >= 8);
    expect(needles.length).toBeGreaterThan(3);
    const leaks: string[] = [];
    for (const { name, pid } of await consortium.processes.list()) {
      if (pid === undefined) continue;
      const seen = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      if (needles.some((needle) => seen.includes(needle))) leaks.push(name);
    }
    expect(leaks).toEqual([]);
  });

  test('attack 22: no node of a hospital has a public gateway, a way out of the swarm, or an interface but its own socket', async () => {
    const { consortium } = scene();
    for (const { gatewayEnv } of consortium.hospitals) {
      const socket = setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET');
      const shown = nodeConfig.parse(await askOperator(socket, 'POST', '/api/v0/config/show'));
      expect(shown.Addresses.Gateway).toEqual([]);
      expect(shown.Addresses.API).toEqual([expect.stringMatching(/^\/unix\//)]);
      expect(shown.Addresses.Swarm).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\//)]);
      expect(shown.Bootstrap).toEqual([]);
      expect(shown.Routing.Type).toBe('none');
    }
  });

  test('attack 24: a stream cut, swapped, repeated, of another record or for a second key is refused, however well it is anchored', async () => {
    const { away, consortium, home, patient, physician, reader } = scene();
    await grant(physician, patient, { grantee: personGrantee(away.mspId, reader), categories: ['device'] });
    const author = await insiderPerson(home, 'physician');
    const planting = { consortium, hospital: home, author, patient };
    const bytes = patternBytes(10_000, Date.now());
    const text = framed('application/octet-stream', bytes);
    const open = async (recordId: string) => openOnly(reader, { patient, recordId });
    expect(await open(await plantRecord(planting, text))).toEqual(bytes);
    const refusals = await Promise.all(
      Object.entries(FORGERIES).map(async ([name, forge]) => {
        const recordId = await plantRecord(planting, text, forge);
        const { status, code } = await refusalOnceKnown(() => open(recordId));
        return [name, status, code];
      }),
    );
    author.ledger.close();
    expect(refusals).toEqual(Object.keys(FORGERIES).map((name) => [name, 502, 'CONTENT_CORRUPT']));
  });

  test('attack 25: a capsule under another record, a manifest of another patient’s segment, and labels that lie are refused', async () => {
    const { home, otherPatient, patient, reader, record, content } = scene();
    const author = await insiderPerson(home, 'physician');
    const { recordId } = record;
    const { intentId } = await declare(reader, { patient, recordId });
    const { capsules, custodians, records } = await releaseContextAt(home, intentId);
    const [anchored] = records;
    if (anchored?.manifest === undefined) throw new Error('the manifest is not there');
    const genuine = anchored.manifest;
    const register = (manifest: Manifest, change: object = {}) => {
      const labels = manifest.segments.map((segment) => ({
        segmentId: segment.segmentId,
        label: encodeBase64url(segmentLabelHash(manifest, segment, custodians.kid, sha256)),
      }));
      const { version, ownerHandle } = manifest;
      const place = { recordId: manifest.recordId, version, ownerHandle, labels };
      const request = { ...place, manifestHash: manifestHash(manifest, sha256), ...change };
      const sealed = capsules.map(({ ref, capsule }) => ({ segmentId: ref.segmentId, capsule }));
      const vault = new TextEncoder().encode(JSON.stringify({ manifest, capsules: sealed }));
      return ledgerRefusal(
        author.ledger.submit('record:Register', request, { transient: { [VAULT]: vault } }),
      );
    };
    const elsewhere = { ...genuine, recordId: ownId('record', home.mspId) };
    const { labels } = anchored.version;
    expect((await register(elsewhere)).code).toBe('CAPSULE_INVALID');
    expect((await register(elsewhere, { labels })).code).toBe('LABEL_MISMATCH');
    const ofAnother = { ...elsewhere, ownerHandle: otherPatient.handle as Manifest['ownerHandle'] };
    expect((await register(ofAnother)).code).toBe('CAPSULE_INVALID');
    const relabelled = genuine.segments.map((segment) => ({ ...segment, category: 'notes' as const }));
    expect((await register({ ...elsewhere, segments: relabelled }, { labels })).code).toBe('LABEL_MISMATCH');
    const { manifestHash: anchoredHash } = anchored.version;
    expect((await register(elsewhere, { manifestHash: anchoredHash })).code).toBe('MANIFEST_MISMATCH');
    expect((await register(genuine)).code).toBe('ALREADY_EXISTS');
    author.ledger.close();
    expect(await openOnly(reader, { patient, recordId })).toEqual(content);
  });
});

/** The refusal of an opening, once the reader's peer has the block that registered the record. */
function refusalOnceKnown(open: () => Promise<unknown>): Promise<RestProblem> {
  return waitFor(
    async () => {
      const refusal = await refusalOf(open());
      return refusal.status === 404 ? undefined : refusal;
    },
    { what: 'the record at the reader’s peer', deadlineMs: 30_000 },
  );
}
