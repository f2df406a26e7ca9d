// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SignedConsent } from '../../domain/consent.js';
import type { Intent } from '../../domain/intent.js';
import type { ReleaseContext } from '../../domain/release.js';
import { keys } from '../../state/keys.js';
import { encodeStored } from '../../state/store.js';
import { foundChart, type Chart } from '../../testing/chart.js';
import type { Identity } from '../../testing/identity.js';
import { signed } from '../../testing/patient.js';
import { emptyReadWriteSet } from '../../testing/read-write-set.js';
import { endorse } from '../../testing/runner.js';
import type { TestWorld } from '../../testing/world.js';
import { COUNTERS } from './read-counts.js';

/** How often a gateway endorses anew after a conflict. */
const ATTEMPTS = 8;
const READERS = 50;

let chart: Chart;
let elsewhere: Identity;
let world: TestWorld;

beforeAll(async () => {
  chart = await foundChart([{ category: 'laboratory' }]);
  elsewhere = await chart.base.practitioner(chart.base.hospital(2), 'physician');
});
beforeEach(() => {
  world = chart.base.fork();
});

const toHospitalOf = ({ mspId }: Identity) => ({ kind: 'hospital', mspId }) as const;
const grant = (maxReads: number, to = chart.reader) =>
  world.grant(chart.patient, { grantee: toHospitalOf(to), maxReads });
const answerOf = ({ segments: [segment] }: Intent): string | undefined =>
  segment?.decision === 'deny' ? segment.code : segment?.decision;
const readAs = async (reader: Identity) => answerOf(await world.declare(reader, chart.record));
const endorseRead = (reader = chart.reader) =>
  endorse(world.ledger, reader, 'access:DeclareIntent', world.intentRequest(reader, chart.record));

/** So many readers at once: all endorse on the same state, are committed in turn, and who conflicts tries again. */
async function readTogether(readers: number): Promise<readonly (string | undefined)[]> {
  const answers: (string | undefined)[] = [];
  let waiting = readers;
  for (let attempt = 1; waiting > 0 && attempt <= ATTEMPTS; attempt += 1) {
    const endorsed = await Promise.all(Array.from({ length: waiting }, () => endorseRead()));
    const valid = endorsed.filter(({ stub }) => world.ledger.commit(stub) === 'VALID');
    answers.push(...valid.map(({ answer }) => answerOf(answer as Intent)));
    waiting -= valid.length;
  }
  return answers;
}

async function replace(before: SignedConsent, change: object): Promise<SignedConsent> {
  const next = nextOf(before, change);
  await world.run(world.hospital(0).gateway, 'consent:Replace', next);
  return next;
}

function nextOf({ statement }: SignedConsent, change: object): SignedConsent {
  const version = statement.version + 1;
  return signed(chart.patient, { ...statement, version, nonce: world.names.nonce(), ...change });
}

/** Lets every counter of a consent have counted so many reads. */
function countEverywhere({ statement: { handle, consentId, version } }: SignedConsent, count: number): void {
  const rwset = emptyReadWriteSet();
  for (let counter = 0; counter < COUNTERS; counter += 1) {
    const { kind, parts } = keys.read(handle, consentId, version, counter);
    rwset.writes.set(`\u0000${[kind, ...parts, ''].join('\u0000')}`, encodeStored({ v: 1, count }));
  }
  expect(world.ledger.commit({ rwset })).toBe('VALID');
}

describe('reads under a limited consent', () => {
  test.each([3, 20, READERS, 200])(
    'attack 20: of 50 readers at once exactly as many read as the limit of %i allows, and each gets an answer',
    async (maxReads) => {
      await grant(maxReads);
      const answers = await readTogether(READERS);
      expect(answers).toHaveLength(READERS);
      const permitted = answers.filter((answer) => answer === 'permit');
      expect(permitted).toHaveLength(Math.min(maxReads, READERS));
      const refused = answers.filter((answer) => answer !== 'permit');
      expect(new Set(refused)).toEqual(new Set(maxReads < READERS ? ['READS_EXHAUSTED'] : []));
    },
  );

  test('attack 44: readers under another consent of the patient keep no one from reading', async () => {
    await grant(5);
    await grant(5, elsewhere);
    const victim = await endorseRead();
    expect(await readAs(elsewhere)).toBe('permit');
    expect(world.ledger.commit(victim.stub)).toBe('VALID');
  });

  test('attack 44: a consent that was read a million times makes no other one unusable, nor itself before its limit', async () => {
    const busy = await grant(1_000_000, elsewhere);
    countEverywhere(busy, 1_000_000 / COUNTERS - 1);
    const other = await grant(2);
    expect([await readAs(chart.reader), await readAs(elsewhere)]).toEqual(['permit', 'permit']);
    const { intentId } = await world.declare(elsewhere, chart.record);
    const { answer } = await world.run(world.hospital(0).custodian, 'access:GetReleaseContext', { intentId });
    const { reads } = answer as ReleaseContext;
    expect(reads).toEqual({ [busy.statement.consentId]: 1_000_000 - COUNTERS + 2 });
    countEverywhere(busy, 1_000_000 / COUNTERS);
    expect(await readAs(elsewhere)).toBe('READS_EXHAUSTED');
    expect(await readAs(chart.reader)).toBe('permit');
    expect(other.statement.maxReads).toBe(2);
  });

  test('attack 36: reads under another patient’s consent with the same id are not counted, and conflict with none', async () => {
    const consent = await grant(2);
    const { consentId, grantee } = consent.statement;
    const other = await world.patient(world.hospital(2));
    const author = await world.practitioner(world.hospital(2), 'physician');
    const foreign = await world.store(author, other, [{ category: 'laboratory' }]);
    await world.grant(other, { grantee, consentId, maxReads: 3 });
    const victim = await endorseRead();
    for (let read = 0; read < 3; read += 1)
      expect(answerOf(await world.declare(chart.reader, foreign))).toBe('permit');
    expect(world.ledger.commit(victim.stub)).toBe('VALID');
    expect(answerOf(await world.declare(chart.reader, foreign))).toBe('READS_EXHAUSTED');
    expect([await readAs(chart.reader), await readAs(chart.reader)]).toEqual(['permit', 'READS_EXHAUSTED']);
  });

  test('are counted on when the consent is replaced, whether its limit grows or shrinks', async () => {
    const first = await grant(3);
    for (let read = 0; read < 2; read += 1) expect(await readAs(chart.reader)).toBe('permit');
    const second = await replace(first, { maxReads: 4 });
    const under = async () => [await readAs(chart.reader), await readAs(chart.reader)];
    expect(await under()).toEqual(['permit', 'permit']);
    expect(await readAs(chart.reader)).toBe('READS_EXHAUSTED');
    const third = await replace(second, { maxReads: 2 });
    expect(await readAs(chart.reader)).toBe('READS_EXHAUSTED');
    await replace(third, { maxReads: 5 });
    expect(await under()).toEqual(['permit', 'READS_EXHAUSTED']);
  });

  test('attack 44: readers keep no patient from replacing the consent', async () => {
    const consent = await grant(1_000);
    await replace(consent, { maxReads: 900 });
    const next = nextOf(nextOf(consent, {}), { maxReads: 800 });
    const replacing = await endorse(world.ledger, world.hospital(0).gateway, 'consent:Replace', next);
    expect(await readAs(chart.reader)).toBe('permit');
    expect(world.ledger.commit(replacing.stub)).toBe('VALID');
    expect(await readAs(chart.reader)).toBe('permit');
  });
});
