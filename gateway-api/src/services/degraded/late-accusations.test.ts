// SPDX-License-Identifier: Apache-2.0
import { EventEmitter, on } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DomainError, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import { openState, type State } from '../../state/open-state.js';
import { LateAccusations } from './late-accusations.js';

type Lies = Parameters<LateAccusations['add']>[1];
type Deps = ConstructorParameters<typeof LateAccusations>[0];
type Submitted = Readonly<{ custodian: string; share: string }>;

const [ALDER, BIRCH] = ['AlderMSP', 'BirchMSP'] as unknown as [MspId, MspId];

let folder: string;
/** What the ledger answers instead of taking evidence. */
let refusal: ErrorCode | undefined;
/** Shares of what was erased: the ledger refuses evidence about them for good. */
let erased: string[];
let tries: number;
let submitted: Submitted[];
let states: State[];
/** Emits `block` when the own peer shows one. */
let block: EventEmitter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'late-'));
  [refusal, erased, tries, submitted, states] = ['LEDGER_UNAVAILABLE', [], 0, [], []];
  block = new EventEmitter();
});
afterEach(async () => {
  for (const state of states) state.close();
  await rm(folder, { recursive: true });
});

/** A gateway on its disk, as it is after a start; from one that was started before nothing is left but the disk. */
function start(firstPauseMs = 5): LateAccusations {
  const submit = (_actor: unknown, _name: string, request: Submitted): Promise<unknown> => {
    tries += 1;
    if (refusal !== undefined) return Promise.reject(new DomainError(refusal, 'not now'));
    if (erased.includes(request.share)) return Promise.reject(new DomainError('NOT_FOUND', 'erased'));
    submitted.push(request);
    return Promise.resolve({});
  };
  const silent = (): void => undefined;
  const state = openState(join(folder, 'state.db'));
  states.push(state);
  const events = (signal: AbortSignal) => on(block, 'block', { signal });
  const deps = { ledger: { submit, events }, log: { info: silent, warn: silent, error: silent }, state };
  return new LateAccusations(deps as unknown as Deps, firstPauseMs);
}

function lies(...mspIds: readonly string[]): Lies {
  const evidence = { reply: { requestHash: 'h' }, signature: 's' };
  return mspIds.map((mspId, at) => ({ mspId, revealed: new Uint8Array([at]), evidence })) as unknown as Lies;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const accusedNow = (): readonly string[] => submitted.map(({ custodian }) => custodian);

test('attack 28: evidence from a time when the ledger stalls is brought there once it answers, each piece once', async () => {
  start().add(BIRCH, lies('AlderMSP', 'CedarMSP'));
  await until(() => tries >= 4);
  expect(submitted).toEqual([]);
  refusal = undefined;
  await until(() => submitted.length >= 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(accusedNow()).toEqual(['AlderMSP', 'CedarMSP']);
});

test('attack 28: evidence from a time when the ledger stalls is brought there after a restart too', async () => {
  start().add(BIRCH, lies('AlderMSP', 'CedarMSP'));
  await until(() => tries >= 2);
  for (const state of states.splice(0)) state.close();
  refusal = undefined;
  start();
  await until(() => submitted.length >= 2);
  expect(submitted).toMatchObject([
    { custodian: 'AlderMSP', share: 'AA' },
    { custodian: 'CedarMSP', share: 'AQ' },
  ]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  start();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(accusedNow()).toEqual(['AlderMSP', 'CedarMSP']);
});

test('attack 44: one piece of evidence waits for each custodian and author, however many it gives', async () => {
  const late = start();
  for (let lie = 0; lie < 100; lie += 1) late.add(BIRCH, lies('AlderMSP'));
  refusal = undefined;
  await until(() => submitted.length >= 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(accusedNow()).toEqual(['AlderMSP']);
});

test('attack 28: a custodian’s lie about what a hospital erases afterwards keeps no lie about another’s from convicting it', async () => {
  const late = start();
  const [first, second] = lies('AlderMSP', 'AlderMSP');
  late.add(ALDER, first === undefined ? [] : [first]);
  late.add(BIRCH, second === undefined ? [] : [second]);
  await until(() => tries >= 2);
  erased = ['AA'];
  refusal = undefined;
  await until(() => submitted.length >= 1);
  expect(submitted).toMatchObject([{ custodian: 'AlderMSP', share: 'AQ' }]);
});

test('once one piece of evidence has convicted a custodian, those about other hospitals’ content are not submitted', async () => {
  const late = start();
  late.add(ALDER, lies('CedarMSP'));
  late.add(BIRCH, lies('CedarMSP'));
  refusal = undefined;
  await until(() => submitted.length >= 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(accusedNow()).toEqual(['CedarMSP']);
});

test('attack 28: evidence that has waited long is brought as soon as the own peer shows a block', async () => {
  const late = start(50);
  const leaving = new AbortController();
  const following = late.follow(leaving.signal).catch(() => undefined);
  late.add(BIRCH, lies('AlderMSP'));
  await until(() => tries >= 5);
  await new Promise((resolve) => setTimeout(resolve, 60));
  refusal = undefined;
  const from = performance.now();
  block.emit('block');
  await until(() => submitted.length >= 1);
  // The pause had become sixteen times as long as the first one.
  expect(performance.now() - from).toBeLessThan(300);
  leaving.abort();
  await following;
});

test('evidence that an earlier version kept is brought to the ledger too', async () => {
  const state = openState(join(folder, 'state.db'));
  states.push(state);
  state.exec(
    'CREATE TABLE late_accusation (custodian TEXT PRIMARY KEY, evidence TEXT NOT NULL) WITHOUT ROWID',
  );
  const evidence = {
    mspId: ALDER,
    evidence: { reply: { requestHash: 'h' }, signature: 's' },
    revealed: 'AA',
  };
  state.prepare('INSERT INTO late_accusation VALUES (?, ?)').run(ALDER, JSON.stringify(evidence));
  refusal = undefined;
  start();
  await until(() => submitted.length >= 1);
  expect(submitted).toMatchObject([{ custodian: 'AlderMSP', share: 'AA' }]);
});

test('attack 28: the oldest evidence against a custodian waits, and newer evidence that does not convict it replaces nothing', async () => {
  const late = start();
  late.add(BIRCH, lies('AlderMSP'));
  for (const later of lies('CedarMSP', 'AlderMSP').slice(1)) late.add(BIRCH, [later]);
  refusal = undefined;
  await until(() => submitted.length >= 1);
  expect(submitted).toMatchObject([{ custodian: 'AlderMSP', share: 'AA' }]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  late.add(BIRCH, lies('CedarMSP', 'AlderMSP').slice(1));
  await until(() => submitted.length >= 2);
  expect(submitted[1]).toMatchObject({ custodian: 'AlderMSP', share: 'AQ' });
});

test.each(['CONFLICT', 'CLOCK_SKEWED', 'INTERNAL', 'RATE_LIMITED'] as const)(
  'attack 28: evidence that the ledger answers with %s, which its liar can bring about, waits and is brought there later',
  async (code) => {
    refusal = code;
    start().add(BIRCH, lies('AlderMSP'));
    await until(() => tries >= 2);
    refusal = undefined;
    await until(() => submitted.length >= 1);
    expect(accusedNow()).toEqual(['AlderMSP']);
  },
);

test.each(['SHARE_INVALID', 'BAD_REQUEST', 'NOT_FOUND'] as const)(
  'evidence that the ledger refuses with %s convicts no custodian, and is given up',
  async (code) => {
    refusal = code;
    start().add(BIRCH, lies('AlderMSP'));
    await until(() => tries >= 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tries).toBe(1);
  },
);
