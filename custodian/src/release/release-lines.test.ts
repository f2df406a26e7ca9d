// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { Scene } from '../testing/scene.js';
import type { JournalFacts } from '../journal/entry.js';
import { MAX_ANSWERS, MAX_LIVE_INTENTS, ReleaseLines } from './release-lines.js';

const HOUR_MS = 3_600_000;
const MAX_RELEASE_LINES = 12;
let scene: Scene | undefined;
afterEach(async () => {
  await scene?.end();
  scene = undefined;
});

describe('the lines of releases', () => {
  test('attack 44: three hundred repetitions of one permitted intent add a handful of lines', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    for (let asked = 0; asked < 300; asked += 1) await scene.tryRelease(0, intentId);
    const lines = await scene.consortium.custodian(0).journal.read(1);
    expect(lines.length).toBeLessThanOrEqual(MAX_RELEASE_LINES);
    expect(lines.filter(({ kind }) => kind === 'release')).toHaveLength(2);
    expect(lines.at(-1)).toMatchObject({ kind: 'release-repeated', intentId, count: 256 });
  });

  test('attack 44: questions about intents that are not the own are counted by hospital', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const ask = (as: string) =>
      expect(scene?.consortium.release(0, intentId, undefined, as)).rejects.toMatchObject({
        code: 'INTENT_UNCOMMITTED',
      });
    for (let asked = 0; asked < 100; asked += 1) await ask('CedarMSP');
    await ask('AlderMSP');
    const lines = await scene.consortium.custodian(0).journal.read(1);
    expect(lines.map(({ hospital, code, count }) => [hospital, code, count])).toEqual([
      ...[1, 2, 4, 8, 16, 32, 64].map((count) => ['CedarMSP', 'INTENT_UNCOMMITTED', count]),
      ['AlderMSP', 'INTENT_UNCOMMITTED', 1],
    ]);
  });

  test('a refusal about an own intent in time has its own line, with who asked; one of an expired intent is counted', async () => {
    scene = await Scene.begin({ settings: { intentsPerMinute: { practitioner: 1, hospital: 1 } } });
    const { world, doctor, consortium } = scene;
    await scene.tryRelease(0, (await scene.declare()).intentId);
    const { intentId } = await scene.declare();
    const asked = [];
    while (asked.length < 3) asked.push(await scene.tryRelease(0, intentId));
    expect(asked).toEqual(Array(3).fill('RATE_LIMITED'));
    world.ledger.advance(HOUR_MS);
    await scene.tryRelease(0, intentId);
    const lines = (await consortium.custodian(0).journal.read(1)).filter(
      ({ decision }) => decision === 'deny',
    );
    expect(lines.slice(1).map((line) => [line.kind, line.code, line.intentId, line.count])).toEqual([
      ['release', 'RATE_LIMITED', intentId, undefined],
      ['release-repeated', 'RATE_LIMITED', intentId, 2],
      ['release', 'INTENT_EXPIRED', undefined, 1],
    ]);
    expect(lines[1]?.requester).toEqual({ mspId: 'BirchMSP', practitionerId: doctor.id });
  });
});

describe('the bounds of what is remembered of releases', () => {
  let now = 0;
  const written: (readonly JournalFacts[])[] = [];
  const journal = {
    head: 'h',
    append: (facts: readonly JournalFacts[]) => {
      written.push(facts);
      return Promise.resolve('h');
    },
  };
  const facts = (code: 'HELD' | 'NO_CONSENT', height = 1): JournalFacts => ({
    ...{ kind: 'release', decision: 'deny', code, requestHash: 'r', height },
  });

  test('attack 44: a hospital with too many open intents is refused, its neighbour is not, and time mends it', async () => {
    const lines = new ReleaseLines({ journal, clock: () => now });
    for (let count = 0; count < MAX_LIVE_INTENTS; count += 1)
      await lines.write('CedarMSP', `in_${count}`, [facts('HELD')]);
    const further = () => lines.write('CedarMSP', 'in_further', [facts('HELD')]);
    await expect(further()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(lines.write('BirchMSP', 'in_1', [facts('HELD')])).resolves.toBe('h');
    await expect(lines.write('CedarMSP', 'in_7', [facts('HELD')])).resolves.toBe('h');
    now += HOUR_MS;
    await expect(further()).resolves.toBe('h');
  });

  test('attack 44: an intent whose answer is changed again and again is refused in the end', async () => {
    const lines = new ReleaseLines({ journal, clock: () => now });
    for (let height = 0; height < MAX_ANSWERS; height += 1)
      await lines.write('CedarMSP', 'in_1', [facts('HELD', height)]);
    await expect(lines.write('CedarMSP', 'in_1', [facts('NO_CONSENT')])).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    });
    await expect(lines.write('CedarMSP', 'in_2', [facts('NO_CONSENT')])).resolves.toBe('h');
  });

  test('an answer that could not be written is written when it is asked for again', async () => {
    let isBroken = true;
    const breaking = {
      head: 'h',
      append: () => (isBroken ? Promise.reject(new Error('disk')) : Promise.resolve('written')),
    };
    const lines = new ReleaseLines({ journal: breaking, clock: () => now });
    await expect(lines.write('CedarMSP', 'in_1', [facts('HELD')])).rejects.toThrow('disk');
    isBroken = false;
    expect(await lines.write('CedarMSP', 'in_1', [facts('HELD')])).toBe('written');
  });
});
