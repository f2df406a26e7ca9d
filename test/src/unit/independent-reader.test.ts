// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { taggedHash } from '@tutela/chaincode/domain';
import { sha256 } from '@tutela/crypto';
import { readRepositoryFile, repositoryDir } from '../support/repository.js';
import { changed, publicKeyOf, resigned } from '../vectors/changed-vectors.js';
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
    const refusalOf = (change: (copy: Record<string, never>) => void): string | undefined => {
      const copy = structuredClone(record) as unknown as Record<string, never>;
      change(copy);
      return read('record', copy).refusal;
    };
    const spoilt = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    type Copy = Record<string, Record<string, never>>;
    const at = (copy: Record<string, never>, member: string): Record<string, string> =>
      (copy as unknown as Copy)[member] as unknown as Record<string, string>;
    expect(refusalOf((copy) => (at(copy, 'labels')[name] = 'A'.repeat(43)))).toContain('another label');
    expect(refusalOf((copy) => (at(copy, 'blocks')[cid] = spoilt(record.blocks[cid] ?? '')))).toContain(
      'a part is not',
    );
    expect(
      refusalOf((copy) => (at(copy, 'capsules')[name] = `AQEA${record.capsules[name]?.slice(4) ?? ''}`)),
    ).toMatch(/element|proof/);
    expect(refusalOf((copy) => Object.assign(copy, { manifestHash: 'A'.repeat(43) }))).toContain(
      'another manifest',
    );
    const [first, second] = record.replies[name] ?? [];
    const other = { reply: { ...first?.reply, height: 99 }, signature: first?.signature };
    expect(refusalOf((copy) => Object.assign(copy, { replies: { [name]: [other, second] } }))).toContain(
      'not signed',
    );
  });

  test('refuses a record whose custodian set contradicts its key or the replies', () => {
    const refusalOf = (change: object): string | undefined =>
      read('record', { ...record, custodians: { ...record.custodians, ...change } }).refusal;
    expect(refusalOf({ epoch: 2 })).toContain('a reply is of another epoch');
    expect(refusalOf({ kid: 'A'.repeat(22) })).toContain('another kid');
    expect(refusalOf({ v: 2 })).toContain('no custodian set of version 1');
  });

  test('refuses a ceremony from which another custodian set came', () => {
    const [ceremony] = ceremonies;
    const refusalOf = (change: object): string | undefined =>
      read('ceremony', { ...ceremony, custodians: { ...ceremony?.custodians, ...change } }).refusal;
    expect(refusalOf({ v: 2 })).toContain('no custodian set of version 1');
    for (const [name, value] of Object.entries({ ceremonyId: 'cer_x', epoch: 9, threshold: 9, members: [] }))
      expect(refusalOf({ [name]: value })).toContain(`another member ${name}`);
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

  const [first, second] = ceremonies;
  const [alder, birch, cedar] = first?.ceremony.members ?? [];
  const [name = ''] = Object.keys(record.replies);
  const otherCid = `bafkrei${'a'.repeat(52)}`;

  test.each([
    ['whose new key one hospital alone dealt', [['dealers'], [cedar]], 'dealt by all members'],
    ['with a dealer that is no member', [['dealers'], [{ index: 9, mspId: 'MalloryMSP' }]], 'by all members'],
    ['whose dealers are in another order', [['dealers'], [birch, alder, cedar]], 'in their order'],
    ['with an index that is not the place', [['members', 0, 'index'], 3], 'index is not its place'],
    ['with true for an index', [['members', 0, 'index'], true], 'index is not its place'],
    ['in which a member stands twice', [['members', 1, 'mspId'], 'AlderMSP'], 'a member stands twice'],
    ['without members', [['members'], []], 'too few or too many members'],
    ['whose threshold is no majority', [['threshold'], 1], 'no integer from 2 to 3'],
    ['whose threshold is above the members', [['threshold'], 4], 'no integer from 2 to 3'],
    ['for a later epoch without a previous set', [['epoch'], 2], 'goes on from a previous set'],
    ['that is no key generation, without one', [['kind'], 'refresh'], 'goes on from a previous set'],
    ['that names the epoch before the first', [['fromEpoch'], 1], 'goes on from a previous set'],
    ['that a stranger joined', [['joins', 'MalloryMSP'], 'A'.repeat(43)], 'not joins of each'],
    ['that a stranger dealt', [['dealings', 'MalloryMSP'], {}], 'not dealings of each'],
    [
      'that a member has not confirmed',
      [['confirmations', 'CedarMSP'], undefined],
      'not confirmations of each',
    ],
    [
      'that a member confirmed otherwise',
      [['confirmations', 'CedarMSP'], 'A'.repeat(43)],
      'not confirmed this',
    ],
    ['about which a member complained', [['complaints'], [{}]], 'no custodian set comes'],
    ['that has not ended', [['phase'], 'confirming'], 'no custodian set comes'],
    ['of another version', [['v'], 2], 'no custodian set comes'],
    ['with a member that is not described', [['note'], 'x'], 'unknown member note'],
    [
      'with two sub-shares for one member',
      [['dealings', 'AlderMSP', 'subShares', 1, 'recipient'], 1],
      'not one sub-share for each member',
    ],
    ['with a short encryption key', [['joins', 'AlderMSP'], 'A'.repeat(42)], 'there are not 32 bytes'],
    ['with an encryption key of small order', [['joins', 'AlderMSP'], 'A'.repeat(43)], 'small order'],
    ['with one encryption key for two', [['joins', 'AlderMSP'], first?.ceremony.joins.BirchMSP], 'one key'],
  ] as const)('refuses a first ceremony %s', (_, [path, to], refusal) => {
    expect(read('ceremony', changed(first, ['ceremony', ...path], to)).refusal).toContain(refusal);
  });

  test.each([
    ['without the set before it', [['previous'], undefined], 'goes on from a previous set'],
    ['that skips an epoch', [['ceremony', 'epoch'], 3], 'does not follow'],
    ['that starts from another epoch', [['ceremony', 'fromEpoch'], 2], 'does not follow'],
    ['that makes a new key', [['ceremony', 'kind'], 'dkg'], 'refreshed or reshared'],
    ['that is a refresh with another threshold', [['ceremony', 'kind'], 'refresh'], 'keeps members'],
    ['that too few dealt', [['ceremony', 'dealers'], [alder]], 'as many previous members'],
    [
      'that too many dealt',
      [
        ['ceremony', 'dealers'],
        [alder, birch, cedar],
      ],
      'as many previous members',
    ],
    [
      'whose dealers are in another order',
      [
        ['ceremony', 'dealers'],
        [birch, alder],
      ],
      'in their order',
    ],
    ['with a dealer of another index', [['ceremony', 'dealers', 1, 'index'], 3], 'as many previous members'],
    [
      'after which too few stay',
      [
        ['ceremony', 'members'],
        ['OakMSP', 'ElmMSP', 'CedarMSP'].map((mspId, at) => ({ mspId, index: at + 1 })),
      ],
      'too few of the previous members stay',
    ],
    ['after a set with another kid', [['previous', 'kid'], 'A'.repeat(22)], 'another kid'],
    [
      'that was dealt for another public key',
      [['previous'], { ...first?.custodians, ...publicKeyOf(first?.custodians.verificationKeys[0] ?? '') }],
      'a proof of possession does not hold',
    ],
    [
      'whose dealers do not deal their old shares',
      [['previous', 'verificationKeys'], first?.custodians.verificationKeys.toReversed()],
      'does not deal its old share',
    ],
    ['that gives no key of each member', [['custodians', 'verificationKeys'], []], 'other verification keys'],
    ['of a set with an unknown member', [['custodians', 'note'], 'x'], 'unknown member note'],
    ['of a set of version true', [['custodians', 'v'], true], 'no custodian set of version 1'],
  ] as const)('refuses a later ceremony %s', (_, [path, to], refusal) => {
    expect(read('ceremony', changed(second, path, to)).refusal).toContain(refusal);
  });

  test('refuses ceremonies of which one does not go on from the set of the one before', () => {
    const other = changed(second, ['previous', 'activatedAt'], '2026-03-02T08:00:00.000Z');
    expect(read('ceremony', other).answer).toMatchObject({ epoch: 2 });
    for (const list of [
      [first, other],
      [second, first],
      [first, first],
    ])
      expect(read('ceremony', list).refusal).toContain('the previous set is not the one before');
  });

  test('opens a record of which a custodian sealed and signed a reply anew', () => {
    expect(read('record', resigned(record, {})).answer).toMatchObject(opened);
  });

  test.each([
    ['another channel', { channel: 'other' }, 'of another channel'],
    ['another intent than the other custodian', { intentId: `in_${'A'.repeat(22)}` }, 'of another intentId'],
    [
      'another segment',
      { segment: { ...record.replies[name]?.[1]?.reply.segment, version: 2 } },
      'of another segment',
    ],
    ['another version of the format', { v: 1 }, 'of another v'],
    ['another suite', { suite: 9 }, 'of another suite'],
    ['another label', { label: 'A'.repeat(43) }, 'of another label'],
    ['another capsule', { capsuleHash: 'A'.repeat(43) }, 'of another capsuleHash'],
    ['another key', { transcriptHash: 'A'.repeat(43) }, 'of another transcriptHash'],
    ['another epoch', { epoch: 2 }, 'of another epoch'],
    ['another share', { shareHash: 'A'.repeat(43) }, 'not the one that was signed'],
    ['another block of that height', { blockHash: 'A'.repeat(43) }, 'two blocks of one height'],
    ['no height', { height: -1 }, 'no integer from 0'],
    ['the place of the other custodian', { index: 1 }, 'two replies are of one custodian'],
    ['no place of the set', { index: 4 }, 'no integer from 1 to 3'],
    ['a thing that is not described', { note: 'x' }, 'unknown member note'],
  ] as const)('refuses a reply that its custodian signed and sealed about %s', (_, change, refusal) => {
    expect(read('record', resigned(record, change)).refusal).toContain(refusal);
  });

  test.each([
    ['a label of a further segment', [['labels', 'seg_x'], 'A'.repeat(43)], 'of the same segments'],
    ['no capsules', [['capsules'], {}], 'of the same segments'],
    ['one reply twice', [['replies', name, 1], record.replies[name]?.[0]], 'of one custodian'],
    ['one reply', [['replies', name], record.replies[name]?.slice(1)], 'as many shares as the threshold'],
    ['an index that is not the place', [['custodians', 'members', 2, 'index'], 1], 'is not its place'],
    ['fewer verification keys', [['custodians', 'verificationKeys'], []], 'not one verification key of each'],
    ['a threshold that is no majority', [['custodians', 'threshold'], 1], 'no integer from 2 to 3'],
    ['a thing that is not described', [['note'], 'x'], 'unknown member note'],
  ] as const)('refuses a record with %s', (_, [path, to], refusal) => {
    expect(read('record', changed(record, path, to)).refusal).toContain(refusal);
  });

  test.each([
    ['of another suite', [['suite'], 2], 'no manifest of version 1, suite 1'],
    ['with a thing that is not described', [['note'], 'x'], 'unknown member note'],
    ['with the id of another author’s record', [['author'], 'BirchMSP'], "is not its author's"],
    ['in which a segment stands twice', [['segments', 1], record.manifest.segments[0]], 'one stands twice'],
    ['without segments', [['segments'], []], 'there is no segment'],
    ['whose sizes do not add up', [['segments', 0, 'size'], 1], 'is not that of its parts'],
    ['with layers', [['segments', 0, 'layers'], ['x']], 'no layers'],
    ['with another name of a part', [['segments', 0, 'parts', 0, 'cid'], otherCid], 'what its CID names'],
  ] as const)('refuses a manifest %s', (_, [path, to], refusal) => {
    const manifest = changed(record.manifest, path, to);
    const manifestHash = taggedHash('Tutela-v1-manifest', manifest, sha256);
    const blocks = { ...record.blocks, [otherCid]: Object.values(record.blocks)[0] };
    expect(read('record', { ...record, manifest, manifestHash, blocks }).refusal).toContain(refusal);
  });

  test.each([
    ['-0', 'a number is -0'],
    ['1.0', 'is no integer'],
    ['{"a":1,"a":1}', 'two members of one object have one name'],
  ])('refuses JSON with %s', (text, refusal) => {
    const file = join(folder, 'text.json');
    writeFileSync(file, `[${text}]`);
    expect(spawnSync('python3', [READER, 'formats', file], { encoding: 'utf8' }).stderr).toContain(refusal);
  });
});
