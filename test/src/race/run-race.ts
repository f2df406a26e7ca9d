// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { grant } from '../support/clinic.js';
import { waitFor } from '../support/wait.js';
import { watchHold } from './custodians.js';
import { whenEnough, type Effect, type Opening } from './judge.js';
import { declareAll, tryOpening, type Declared } from './reader.js';
import { sendRevocation, untilRevoked, type Revocable } from './revocation.js';
import type { Scenario } from './scenarios.js';
import type { Chart, Track } from './track.js';
import { makeTrouble } from './trouble.js';

const WORKERS = 12;
const INTENTS_PER_READER = 2;
const PATIENCE_MS = 90_000;
/** Between two intents that are declared while the race goes on, in milliseconds. */
const DECLARE_EVERY_MS = 120;

/** One revocation and everything that raced it. */
export interface RaceResult {
  readonly consentId: string;
  readonly openings: readonly Opening[];
  readonly effect: Effect;
  /** Intents by their ids, whatever became of them. */
  readonly declared: readonly Declared[];
  /** Intents that were asked for and not granted. */
  readonly intentsRefused: number;
}

/** One race: a consent is granted, readers open under it without pause, and somewhere in the middle it is revoked. */
export async function runRace(
  track: Track,
  chart: Chart,
  { fault, way }: Scenario,
  count: number,
): Promise<RaceResult> {
  const revocable = await granted(track, chart);
  const declared = await firstIntents(track, chart);
  const over = new AbortController();
  const trouble = awaitedLater(makeTrouble(fault, track, over.signal));
  const revokeAfter = Math.ceil(count * (0.2 + 0.3 * track.random()));
  let revoking: ReturnType<typeof revoke> | undefined;
  const openings = openWithoutPause({ track, chart, declared, count }, (begun) => {
    if (begun >= revokeAfter)
      revoking ??= awaitedLater(revoke(track, { way, revocable, until: over.signal }));
  });
  const declaring = declareMeanwhile(track, chart, declared, over.signal);
  try {
    await openings;
  } finally {
    over.abort();
    await trouble;
  }
  const heldAt = (await revoking)?.heldAt ?? Number.POSITIVE_INFINITY;
  const intentsRefused = await declaring;
  const effect = { heldAt, ...(await commitOf(track, revocable)) };
  const { consentId } = revocable;
  return { consentId, openings: await openings, effect, declared, intentsRefused };
}

/** After trouble the consortium may need a moment: what is needed for the race is asked for until it is there. */
async function granted(track: Track, { patient }: Chart): Promise<Revocable> {
  const { author, away } = track;
  const wish = { grantee: { kind: 'hospital', mspId: away.mspId }, categories: ['laboratory'] } as const;
  const { consentId } = await waitFor(() => grant(author, patient, wish), {
    what: 'a consent to be granted',
    deadlineMs: PATIENCE_MS,
  });
  return { patient, consentId, revocation: patient.revocation(consentId) };
}

async function firstIntents({ readers }: Track, chart: Chart): Promise<Declared[]> {
  const patience = { what: 'an intent to be declared', deadlineMs: PATIENCE_MS };
  const wanted = readers.flatMap((reader) => Array.from({ length: INTENTS_PER_READER }, () => reader));
  return Promise.all(wanted.map((reader) => waitFor(() => declareAll(reader, chart), patience)));
}

interface Pursuit {
  readonly track: Track;
  readonly chart: Chart;
  /** Grows while the race goes on. */
  readonly declared: readonly Declared[];
  readonly count: number;
}

/** Asks for content with a fixed number of workers, each time under an intent and for a segment of chance. */
async function openWithoutPause(
  { track, chart, declared, count }: Pursuit,
  onBegun: (begun: number) => void,
): Promise<readonly Opening[]> {
  const openings: Opening[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun < count) {
      begun += 1;
      onBegun(begun);
      const intent = oneOf(declared, track.random());
      const { segmentId } = oneOf(chart.segments, track.random());
      openings.push(await tryOpening(intent, segmentId, chart.content));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return openings;
}

/** Goes on declaring intents while others open, so that some are ordered right before and right after the revocation. */
async function declareMeanwhile(
  { readers, random }: Track,
  chart: Chart,
  declared: Declared[],
  until: AbortSignal,
): Promise<number> {
  let refused = 0;
  while (!until.aborted) {
    await declareAll(oneOf(readers, random()), chart).then(
      (intent) => declared.push(intent),
      () => (refused += 1),
    );
    await sleep(DECLARE_EVERY_MS);
  }
  return refused;
}

interface Order {
  readonly way: Scenario['way'];
  readonly revocable: Revocable;
  readonly until: AbortSignal;
}

/** Sends the revocation, and watches for the moment at which enough custodians hold. */
async function revoke(track: Track, { way, revocable, until }: Order): Promise<{ readonly heldAt: number }> {
  const { patient, consentId } = revocable;
  const watching = watchHold(track, { handle: patient.handle, consentId }, until);
  const heldBy = await sendRevocation(track, way, revocable);
  const toldAt = heldBy.length >= track.enoughToStop ? performance.now() : Number.POSITIVE_INFINITY;
  return { heldAt: Math.min(toldAt, await watching) };
}

async function commitOf(track: Track, revocable: Revocable): Promise<Omit<Effect, 'heldAt'>> {
  const txId = await untilRevoked(track, revocable);
  const places = await Promise.all(track.blocks.map((index) => index.placeOf(txId)));
  const [place] = places;
  if (place === undefined) throw new Error('no peer is followed');
  const committedAt = whenEnough(
    places.map(({ seenAt }) => seenAt),
    track.enoughToStop,
  );
  return { committedAt, place };
}

/** A promise whose failure may come before anybody awaits it. */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function oneOf<T>(all: readonly T[], share: number): T {
  const found = all[Math.floor(share * all.length)];
  if (found === undefined) throw new Error('there is nothing to choose from');
  return found;
}
