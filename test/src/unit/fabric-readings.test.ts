// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { changedSamples } from '@tutela/chaincode/testing';
import {
  chaincodeEvent,
  channelHeader,
  encode,
  endorsedTransaction,
  envelope,
  ordererMetadata,
  READINGS,
} from '@tutela/custodian/testing';
import { repositoryDir } from '../support/repository.js';

const PEM = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT2gAwIBAgIUboIWTAflKyfiifibE2HQxIIk0R4wCgYIKoZIzj0EAwIw
IDEOMAwGA1UECgwFQWxkZXIxDjAMBgNVBAMMBXRsc2NhMCAXDTI2MTEyOTE5NDc1
MVoYDzIxMjYxMTA1MTk0NzUxWjAgMQ4wDAYDVQQKDAVBbGRlcjEOMAwGA1UEAwwF
dGxzY2EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ7oypxnstqn+OFP8trVDtq
XwQxpS5Re4bvvP+FvE9HOjIVZbTQxObAOEUzsUW1Qu+A/wxO0b8ukPUZyCPRLTav
o1MwUTAdBgNVHQ4EFgQUY1SVTUJAOaoOD0KDAjNBxqX9gaAwHwYDVR0jBBgwFoAU
Y1SVTUJAOaoOD0KDAjNBxqX9gaAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNJADBGAiEAyGt3MK6ZD/rUV8vLMn2pl4ZbtDjaLVraQNzhQCAePqICIQDvEmtq
xGEd08CvGVLY+NItArx8Lke2y8rWhDbcBZUgNg==
-----END CERTIFICATE-----
`;
const event = chaincodeEvent({ v: 1, act: 'intent-declared' });
const SAMPLES: Readonly<Record<string, Uint8Array>> = {
  envelope: envelope(channelHeader('a'.repeat(64)), Buffer.from('data')),
  transaction: endorsedTransaction(event, '{}'),
  metadata: ordererMetadata('value', 'signature'),
  identity: encode([
    [1, 'AlderMSP'],
    [2, PEM],
  ]),
  msp: encode([
    [1, 'AlderMSP'],
    [2, 'root'],
    [5, 'list'],
    [9, 'TLS root'],
  ]),
  pem: Buffer.from(PEM),
};
/** Where Fabric's code reads more than a custodian does, it may refuse what a custodian reads; never the reverse. */
const FABRIC_IS_STRICTER = ['msp'];
const EACH = 2_000;
const SEED = Number(process.hrtime.bigint() % 2n ** 31n);

interface Question {
  readonly kind: string;
  readonly bytes: string;
}

describe('attack 37: bytes of another hospital', () => {
  test('are read as Fabric’s own code reads them', async () => {
    const questions = Object.entries(SAMPLES).flatMap(([kind, sample]) =>
      [...pieces(sample), ...changedSamples([sample], EACH, SEED)].map((bytes) => ask(kind, bytes)),
    );
    questions.push(...insertions(PEM).map((text) => ask('pem', Buffer.from(text, 'latin1'))));
    const fabrics = await askFabric(questions);
    const readings = questions.map(
      ({ kind, bytes }) => READINGS[kind]?.(Buffer.from(bytes, 'base64')) ?? null,
    );
    const differing = questions.flatMap(({ kind, bytes }, position) => {
      const [fabric, own] = [fabrics[position] ?? null, readings[position] ?? null];
      const isAllowed = fabric === null && FABRIC_IS_STRICTER.includes(kind);
      return isAllowed || same(fabric, own) ? [] : [{ kind, bytes, fabric, own, seed: SEED }];
    });
    expect(differing).toEqual([]);
    // Both results occur, so that the comparison compares something.
    expect(fabrics.filter((reading) => reading === null).length).toBeGreaterThan(EACH / 4);
    expect(fabrics.filter((reading) => reading !== null).length).toBeGreaterThan(EACH / 4);
  }, 180_000);
});

function ask(kind: string, bytes: Buffer): Question {
  return { kind, bytes: bytes.toString('base64') };
}

/** The text with one character more, at each place of its first two and its last two lines. */
function insertions(pem: string): readonly string[] {
  const characters = [
    ' ',
    '\t',
    '\r',
    '\n',
    '\v',
    '\f',
    '\0',
    ':',
    '-',
    '=',
    'A',
    '\u00a0',
    '\r\n',
    'a:b\n',
    '\n-----END ',
  ];
  const places = Array.from({ length: pem.length + 1 }, (_, at) => at);
  const atEdges = places.filter((at) => at < 100 || at > pem.length - 100);
  return atEdges.flatMap((at) => characters.map((character) => pem.slice(0, at) + character + pem.slice(at)));
}

/** A message sent in pieces, twice, and around fields of every other wire type. */
function pieces(sample: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(sample);
  const rubbish = ['0801', '0d01020304', '3203ffffff', '4b4c', '4b0803084c', '090102030405060708'];
  return [
    Buffer.concat([bytes, bytes]),
    ...rubbish.flatMap((hex) => {
      const field = Buffer.from(hex, 'hex');
      return [Buffer.concat([bytes, field]), Buffer.concat([field, bytes])];
    }),
  ];
}

function same(a: unknown, b: unknown): boolean {
  const sorted = (value: unknown): string =>
    value === null || typeof value !== 'object'
      ? String(value)
      : JSON.stringify(value, Object.keys(value).sort());
  return sorted(a) === sorted(b);
}

/** Runs the program beside the test's support with the very modules from which the consortium's Fabric is compiled. */
function askFabric(questions: readonly Question[]): Promise<readonly unknown[]> {
  const program = join(repositoryDir, 'test', 'src', 'support', 'fabric-reader', 'main.go');
  const cwd = join(repositoryDir, 'network', 'tools', 'fabric');
  return new Promise((resolve, reject) => {
    const options = { cwd, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, GOFLAGS: '-buildvcs=false' } };
    const child = execFile('go', ['run', program], options, (error, stdout) => {
      if (error !== null) reject(new Error('Go did not read the bytes', { cause: error }));
      else resolve(JSON.parse(stdout) as readonly unknown[]);
    });
    child.stdin?.end(JSON.stringify(questions));
  });
}
