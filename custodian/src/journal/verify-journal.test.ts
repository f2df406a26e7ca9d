// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { identityOf } from '../identity.js';
import { EMPTY_HEAD, type JournalLine } from './entry.js';
import { Journal } from './journal.js';
import { VERIFICATIONS_AT_ONCE, verifyYielding } from './verify-journal.js';

const key = () => identityOf('AlderMSP', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const from = { seq: 1, prevHash: EMPTY_HEAD };

let folder: string;
let lines: readonly JournalLine[];
const newest = key();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  const journal = await Journal.open(folder, { identity: newest, clock: () => 0 });
  await journal.append([{ kind: 'release', decision: 'permit', requestHash: 'h' }]);
  lines = await journal.read(1);
  await journal.close();
});
afterAll(() => rm(folder, { recursive: true }));

test('attack 44: the journal of a custodian with very many keys is verified a few keys at a time', async () => {
  const former = Array.from({ length: 4 * VERIFICATIONS_AT_ONCE }, () => key().publicKey);
  const publicKeys = [...former, newest.publicKey];
  const seen = { rounds: 0, isOver: false };
  const verified = verifyYielding(lines, { publicKeys, from }).finally(() => {
    seen.isOver = true;
  });
  for (; !seen.isOver; seen.rounds += 1) await setImmediate();
  expect(await verified).toBeUndefined();
  expect(seen.rounds).toBeGreaterThanOrEqual(4);
});
