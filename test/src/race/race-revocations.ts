// SPDX-License-Identifier: Apache-2.0
import type { Consortium } from '../support/consortium.js';
import { seededNumbers } from '../support/seed.js';
import { effectiveAt, staleness, type Staleness } from './judge.js';
import { runRace, type RaceResult } from './run-race.js';
import type { Scenario } from './scenarios.js';
import { openChart, openTrack, type Track } from './track.js';

/** Requests for content that raced revocations. */
export interface RaceFigures {
  readonly seed: number;
  /** Requests for the content of one segment. */
  readonly reads: number;
  readonly revocations: number;
  readonly opened: number;
  /** Requests that were on their way when their revocation took effect. */
  readonly underWay: number;
  /** Requests that began after their revocation had taken effect. */
  readonly begunAfter: number;
  /** Content that came although it must not; every one is a breach. */
  readonly stale: number;
  readonly staleBy: Readonly<Record<Staleness, number>>;
  /** Releases that stand behind the hold of their consent in the same custodian's journal; every one is a breach. */
  readonly releasedAfterHold: number;
  /** Holds that custodians wrote down. */
  readonly holds: number;
  readonly intentsDeclared: number;
  readonly intentsRefused: number;
  /** Why content did not come. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly scenarios: readonly ScenarioFigures[];
}

/** What became of the requests of one scenario. */
export interface ScenarioFigures extends Scenario {
  readonly revocations: number;
  readonly reads: number;
  readonly opened: number;
  readonly begunAfter: number;
  readonly stale: number;
}

/** How long to race, and how to repeat it. */
export interface RaceOptions {
  readonly reads: number;
  readonly readsPerRevocation: number;
  readonly seed: number;
  /** In turns. */
  readonly scenarios: readonly Scenario[];
  readonly onProgress?: (line: string) => void;
}

/** A patient with ever more revoked consents would slow down every decision. */
const ROUNDS_PER_CHART = 10;

type Judged = Readonly<{ scenario: Scenario; result: RaceResult; stale: readonly Staleness[] }>;

/** Races readings against revocations, one scenario after another, until so many readings were made. */
export async function raceRevocations(consortium: Consortium, options: RaceOptions): Promise<RaceFigures> {
  const { reads, readsPerRevocation, scenarios, seed, onProgress } = options;
  const track = await openTrack(consortium, seededNumbers(seed));
  const consentOf = new Map<string, string>();
  const judged: Judged[] = [];
  try {
    let chart = await openChart(track);
    for (let left = reads; left > 0; left -= readsPerRevocation) {
      if (judged.length > 0 && judged.length % ROUNDS_PER_CHART === 0) chart = await openChart(track);
      const scenario = inTurn(scenarios, judged.length);
      const result = await runRace(track, chart, scenario, Math.min(readsPerRevocation, left));
      for (const { intentId } of result.declared) consentOf.set(intentId, result.consentId);
      judged.push({ scenario, result, stale: await staleOpenings(track, result) });
      for (const journal of track.journals) await journal.readOn(consentOf);
      onProgress?.(progressLine(judged));
    }
    return figuresOf(seed, judged, track);
  } finally {
    await track.close();
  }
}

function inTurn(scenarios: readonly Scenario[], round: number): Scenario {
  const scenario = scenarios[round % scenarios.length];
  if (scenario === undefined) throw new Error('there are no scenarios');
  return scenario;
}

async function staleOpenings(
  { blocks }: Track,
  { openings, effect }: RaceResult,
): Promise<readonly Staleness[]> {
  const [index] = blocks;
  if (index === undefined) throw new Error('no peer is followed');
  const found = await Promise.all(
    openings
      .filter(({ opened }) => opened)
      .map(async (opening) => staleness(opening, await index.placeOf(opening.intentTxId), effect)),
  );
  return found.filter((one) => one !== undefined);
}

function figuresOf(seed: number, judged: readonly Judged[], { journals }: Track): RaceFigures {
  const stale = judged.flatMap((each) => each.stale);
  const openings = judged.flatMap(({ result }) => result.openings);
  const sum = (of: (each: Judged) => number) => judged.reduce((total, each) => total + of(each), 0);
  const countOf = (wanted: Staleness) => stale.filter((one) => one === wanted).length;
  return {
    seed,
    reads: openings.length,
    revocations: judged.length,
    opened: openings.filter(({ opened }) => opened).length,
    underWay: sum(({ result }) => underWay(result)),
    begunAfter: sum(({ result }) => begunAfter(result)),
    stale: stale.length,
    staleBy: {
      'after-hold': countOf('after-hold'),
      'after-block': countOf('after-block'),
      'ordered-behind': countOf('ordered-behind'),
    },
    releasedAfterHold: journals.reduce((total, { order }) => total + order.wrongReleases, 0),
    holds: journals.reduce((total, { order }) => total + order.holds, 0),
    intentsDeclared: sum(({ result }) => result.declared.length),
    intentsRefused: sum(({ result }) => result.intentsRefused),
    refusals: countsOf(openings.flatMap(({ code }) => (code === undefined ? [] : [code]))),
    scenarios: [...Map.groupBy(judged, ({ scenario }) => scenario)].map(([scenario, rounds]) =>
      scenarioFigures(scenario, rounds),
    ),
  };
}

function scenarioFigures(scenario: Scenario, judged: readonly Judged[]): ScenarioFigures {
  const openings = judged.flatMap(({ result }) => result.openings);
  return {
    ...scenario,
    revocations: judged.length,
    reads: openings.length,
    opened: openings.filter(({ opened }) => opened).length,
    begunAfter: judged.reduce((total, { result }) => total + begunAfter(result), 0),
    stale: judged.flatMap(({ stale }) => stale).length,
  };
}

function underWay({ openings, effect }: RaceResult): number {
  const at = effectiveAt(effect);
  return openings.filter(({ beganAt, endedAt }) => beganAt <= at && endedAt >= at).length;
}

function begunAfter({ openings, effect }: RaceResult): number {
  return openings.filter(({ beganAt }) => beganAt > effectiveAt(effect)).length;
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function progressLine(judged: readonly Judged[]): string {
  const reads = judged.reduce((total, { result }) => total + result.openings.length, 0);
  const stale = judged.reduce((total, each) => total + each.stale.length, 0);
  const last = judged.at(-1);
  return `${reads} readings raced ${judged.length} revocations, ${stale} stale (${last?.scenario.fault ?? ''}, ${last?.scenario.way ?? ''})`;
}
