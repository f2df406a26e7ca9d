// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { drawCharts } from '../bench/charts.js';
import { headline, isBroken, type Figures } from '../bench/figures.js';
import { differences, growthByStore } from '../bench/footprint.js';
import { planOf, SECTIONS } from '../bench/plan.js';
import { renderReport } from '../bench/report.js';
import { summarize } from '../bench/statistics.js';

const sample = summarize([1, 2, 3]);
const ratio = { value: 1.5, low: 1.4, high: 1.6 };
const none: Figures = {
  startedAt: '2026-01-01T00:00:00.000Z',
  minutes: 1,
  machine: { cores: 2 },
  parameters: { hospitals: 3 },
  notMeasured: ['real networks'],
};
const whole: Figures = {
  ...none,
  transfers: [10 * 1024, 1024 * 1024].map((bytes) => ({
    bytes,
    store: sample,
    open: sample,
    rawPut: sample,
    rawAdd: sample,
    rawCat: sample,
    storeRatio: ratio,
    openRatio: { value: 2, low: 1.9, high: 2.1 },
  })),
  memory: {
    bytes: 2 ** 30,
    storeMs: 1,
    openMs: 1,
    idleMib: { storing: 100, opening: 100, client: 100 },
    growthMib: { storing: 70, opening: 80, client: 20 },
  },
  grants: {
    rounds: 3,
    secondsEach: 1,
    grantTps: sample,
    rawPutTps: sample,
    ratio: { value: 0.7, low: 0.6, high: 0.8 },
    failed: { grants: 0, puts: 0 },
  },
  races: {
    seed: 1,
    reads: 1_000,
    revocations: 10,
    opened: 300,
    underWay: 40,
    begunAfter: 600,
    stale: 0,
    staleBy: { 'after-hold': 0, 'after-block': 0, 'ordered-behind': 0 },
    releasedAfterHold: 0,
    holds: 20,
    intentsDeclared: 80,
    intentsRefused: 10,
    refusals: { NOT_FOUND: 700 },
    scenarios: [
      {
        fault: 'none',
        way: 'honest-gateway',
        revocations: 10,
        reads: 1_000,
        opened: 300,
        begunAfter: 600,
        stale: 0,
      },
    ],
  },
};

describe('what a run says', () => {
  test('the five promised figures have their names and their values', () => {
    expect(headline(whole)).toMatchObject({
      store1MbRatio: 1.5,
      open1MbRatio: 2,
      memoryGrowth1GbMb: 80,
      grantTpsRatio: 0.7,
      staleOpens: 0,
    });
  });

  test('the time of an unlock is told for each number of custodians', () => {
    const unlocked: Figures = { ...none, unlockOnline: { 3: sample, 7: sample } };
    expect(headline(unlocked)).toEqual({ unlockOnlineP50Ms: sample.p50 });
    expect(renderReport(unlocked)).toMatch(/\| 7 \| 3 \| 2 \|/);
  });

  test('what was not measured is not in the headline, the report or the plots', () => {
    expect(headline(none)).toEqual({});
    expect(renderReport(none)).not.toMatch(/racing|beside raw|!\[/);
    expect([...drawCharts(none).keys()]).toEqual([]);
  });

  test('the report has machine, parameters, every section, its plots, and what was not measured', () => {
    const report = renderReport(whole);
    for (const expected of [
      '"cores": 2',
      '"hospitals": 3',
      '| 1 MiB | 1.5 (1.4 to 1.6) | 2 (1.9 to 2.1) |',
      '| gateway that opens | 100 | 80 | 1 |',
      'Grants ÷ raw puts: 0.7 (0.6 to 0.8)',
      '**0 were stale**',
      '![open](open.svg)',
      '- real networks',
    ])
      expect(report).toContain(expected);
  });

  test('every plot is a drawing with a bar for every number', () => {
    const charts = drawCharts(whole);
    expect([...charts.keys()]).toEqual(['store.svg', 'open.svg']);
    for (const svg of charts.values()) {
      expect(svg).toMatch(/^<svg [^>]*aria-label=/);
      expect(svg.match(/<title>/g)).toHaveLength(4);
      expect(svg).not.toContain('NaN');
    }
  });

  test('one stale opening, or one release behind a hold, breaks the run', () => {
    const races = whole.races;
    if (races === undefined) throw new Error('there are races');
    expect(isBroken(whole)).toBe(false);
    expect(isBroken({ ...whole, races: { ...races, stale: 1 } })).toBe(true);
    expect(isBroken({ ...whole, races: { ...races, releasedAfterHold: 1 } })).toBe(true);
  });
});

describe('what a run is asked for', () => {
  const wish = { quick: false };

  test('the quick run leaves out only what takes its time by nature, and still stores one gibibyte', () => {
    const quick = planOf({ quick: true });
    expect(SECTIONS.filter((section) => !quick.sections.includes(section))).toEqual(['idle-growth']);
    expect(quick.largeBytes).toBe(2 ** 30);
    expect(quick.sizes.map(({ bytes }) => bytes)).toContain(2 ** 20);
    expect(quick.racedReads).toBe(1_000);
  });

  test('sections and counts are taken by name', () => {
    expect(planOf({ ...wish, only: 'races,unlock', reads: '10000', idleMinutes: '60' })).toMatchObject({
      sections: ['unlock', 'races'],
      racedReads: 10_000,
      idleMinutes: 60,
    });
  });

  test.each([{ only: 'race' }, { reads: '0' }, { reads: 'many' }, { idleMinutes: '1.5' }])(
    'refuses %j',
    (wrong) => {
      expect(() => planOf({ ...wish, ...wrong })).toThrow(RangeError);
    },
  );
});

describe('what an idle time leaves behind', () => {
  test('growth is told by store, and what did not change is left out', () => {
    const before = new Map([
      ['peer/data/ledgersData/chains/blockfile_000000', 100],
      ['kubo/repo/config', 10],
      ['logs/peer.log', 5],
    ]);
    const after = new Map([
      ['peer/data/ledgersData/chains/blockfile_000000', 160],
      ['peer/data/ledgersData/stateLeveldb/000001.log', 4],
      ['kubo/repo/config', 10],
    ]);
    expect(growthByStore(before, after)).toEqual({ 'peer/data/ledgersData': 64, logs: -5 });
    expect(differences(before, before)).toEqual({});
  });
});
