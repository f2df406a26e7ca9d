// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readRepositoryFile, repositoryDir } from '../support/repository.js';
import { ceremonyVectors, type CeremonyVector } from '../vectors/ledger-ceremonies.js';
import { productVectors } from '../vectors/product-vectors.js';
import { RECORD_TEXT, storedRecordVector, type StoredRecordVector } from '../vectors/stored-record.js';

const READER = join(repositoryDir, 'docs/security/reader/tutela_reader.py');
const hasPython = spawnSync('python3', ['--version']).status === 0;
// Everything else that the product is built with is Node, npm and Go; so Python may be missing, and then this says so.
const withPython = hasPython ? describe : describe.skip;
if (!hasPython) process.stderr.write('python3 is not installed: the independent reader is not run\n');

const frozen = (path: string): unknown => JSON.parse(readRepositoryFile(path));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reader-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the reader on a vector: what it answers, or why it refuses. */
function read(command: string, vector: unknown): Readonly<{ answer?: unknown; refusal?: string }> {
  const file = join(folder, 'vector.json');
  writeFileSync(file, JSON.stringify(vector));
  const { status, stdout, stderr } = spawnSync('python3', [READER, command, file], { encoding: 'utf8' });
  return status === 0 ? { answer: JSON.parse(stdout) as unknown } : { refusal: stderr.trim() };
}

const opened = [
  { header: { contentType: 'text/plain' }, content: Buffer.from(RECORD_TEXT).toString('base64url') },
];

test('what the product hashes and signs is byte for byte what was frozen', () => {
  const now: unknown = JSON.parse(JSON.stringify(productVectors()));
  expect(now).toEqual(frozen('crypto/vectors/product-v1.json'));
});

withPython('a reader written from docs/security/formats.md alone', () => {
  const record = frozen('docs/security/reader/record-v1.json') as StoredRecordVector;
  const ceremonies = frozen('docs/security/reader/ceremony-v1.json') as readonly CeremonyVector[];

  test('hashes and signs what the product hashes and signs', () => {
    const vectors = productVectors();
    expect(read('formats', vectors)).toEqual({ answer: { checked: vectors.length } });
  });

  test('opens a record that the product stored when the format was frozen', () => {
    expect(read('record', record).answer).toMatchObject(opened);
  });

  test('opens a record that the product stores now', async () => {
    expect(read('record', await storedRecordVector()).answer).toMatchObject(opened);
  });

  test('checks ceremonies as the ledger held them, a new key and one dealt anew', () => {
    for (const ceremony of ceremonies)
      expect(read('ceremony', ceremony)).toEqual({
        answer: {
          epoch: ceremony.custodians.epoch,
          transcriptHash: ceremony.custodians.transcriptHash,
        },
      });
  });

  test('checks the frozen file of ceremonies as it lies there, and each of them', () => {
    const { answer } = read('ceremony', ceremonies);
    expect(answer).toMatchObject(ceremonies.map(({ custodians: { epoch } }) => ({ epoch })));
    const [first, second] = structuredClone(ceremonies) as unknown as { custodians: { kid: string } }[];
    if (second !== undefined) second.custodians.kid = 'A'.repeat(22);
    expect(read('ceremony', [first, second]).refusal).toContain('another kid');
  });

  test('prints its usage for --help, and names the field that an object lacks', () => {
    const { status, stdout } = spawnSync('python3', [READER, '--help'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.stringContaining('tutela_reader.py')]);
    expect(read('record', {}).refusal).toBe("refused: the member 'manifest' is missing");
  });

  test('says of a file that is not there that it cannot be read', () => {
    const missing = join(folder, 'missing.json');
    const { status, stderr } = spawnSync('python3', [READER, 'record', missing], { encoding: 'utf8' });
    expect([status, stderr.trim()]).toEqual([2, `UNREADABLE: ${missing}: No such file or directory`]);
  });

  test('checks ceremonies as the ledger holds them now', async () => {
    for (const ceremony of await ceremonyVectors())
      expect(read('ceremony', ceremony).answer).toMatchObject({ epoch: ceremony.custodians.epoch });
  });

  test('finds streams, capsule, seal and ceremonies of the kernel’s vectors as they are described', () => {
    expect(read('frozen', frozen('crypto/vectors/frozen-v1.json')).answer).toEqual({
      streams: 1,
      ceremonies: 2,
    });
  });

  test('refuses a record with another plaintext tag, label, share, signature or block', () => {
    const [name = ''] = Object.keys(record.replies);
    const [cid = ''] = Object.keys(record.blocks);
    const changed = (change: (copy: Record<string, never>) => void): string | undefined => {
      const copy = structuredClone(record) as unknown as Record<string, never>;
      change(copy);
      return read('record', copy).refusal;
    };
    const spoilt = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    type Copy = Record<string, Record<string, never>>;
    const at = (copy: Record<string, never>, member: string): Record<string, string> =>
      (copy as unknown as Copy)[member] as unknown as Record<string, string>;
    expect(changed((copy) => (at(copy, 'labels')[name] = 'A'.repeat(43)))).toContain('another label');
    expect(changed((copy) => (at(copy, 'blocks')[cid] = spoilt(record.blocks[cid] ?? '')))).toContain(
      'a part is not',
    );
    expect(
      changed((copy) => (at(copy, 'capsules')[name] = `AQEA${record.capsules[name]?.slice(4) ?? ''}`)),
    ).toMatch(/element|proof/);
    expect(changed((copy) => Object.assign(copy, { manifestHash: 'A'.repeat(43) }))).toContain(
      'another manifest',
    );
    const [first] = record.replies[name] ?? [];
    const other = { reply: { ...first?.reply, height: 99 }, signature: first?.signature };
    expect(changed((copy) => Object.assign(copy, { replies: { [name]: [other] } }))).toContain('not signed');
  });

  test('refuses a record whose custodian set contradicts its key or the replies', () => {
    const changed = (change: object): string | undefined =>
      read('record', { ...record, custodians: { ...record.custodians, ...change } }).refusal;
    expect(changed({ epoch: 2 })).toContain('a reply is of another epoch');
    expect(changed({ kid: 'A'.repeat(22) })).toContain('another kid');
    expect(changed({ v: 2 })).toContain('no custodian set of version 1');
  });

  test('refuses a ceremony from which another custodian set came', () => {
    const [ceremony] = ceremonies;
    const changed = (change: object): string | undefined =>
      read('ceremony', { ...ceremony, custodians: { ...ceremony?.custodians, ...change } }).refusal;
    expect(changed({ v: 2 })).toContain('no custodian set of version 1');
    for (const [name, value] of Object.entries({ ceremonyId: 'cer_x', epoch: 9, threshold: 9, members: [] }))
      expect(changed({ [name]: value })).toContain(`another member ${name}`);
  });

  test('writes the opened text with --text', () => {
    const file = join(repositoryDir, 'docs/security/reader/record-v1.json');
    const { stdout } = spawnSync('python3', [READER, 'record', '--text', file], { encoding: 'utf8' });
    expect(stdout).toBe(`${RECORD_TEXT}\n`);
  });

  test('refuses a ceremony with another dealing or another key', () => {
    const [ceremony] = ceremonies;
    const copy = structuredClone(ceremony) as unknown as { custodians: { publicKey: string } };
    copy.custodians.publicKey = ceremonies[0]?.custodians.verificationKeys[0] ?? '';
    expect(read('ceremony', copy).refusal).toContain('another public key');
  });
});
