// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SignedDegradedRequest } from '@tutela/chaincode/domain';
import type { JournalFacts } from '../journal/entry.js';
import { DegradedScene } from '../testing/degraded-scene.js';
import { hashOf } from './examine.js';
import { PostedEntries } from './posted-entries.js';

const POLL_MS = 10;
const MAX_POLLS = 500;
/** Before and after each of the three writes of an act; it answers before the fourth step. */
const STEPS = [
  ...[1, 2, 3].flatMap((step) => [false, true].map((isWritten) => ({ step, isWritten }))),
  { step: 4, isWritten: false },
];
let scene: DegradedScene;

beforeEach(async () => {
  scene = await DegradedScene.begin();
  await scene.vote('on', 0, 1);
  await scene.stall();
});
afterEach(() => scene.end());

type Step = (typeof STEPS)[number];
type Ending = 'is stopped' | 'has a disk that fails';
type Act = 'acknowledgement' | 'release';

/**
 * The first custodian writes no more, or fails once, at the given step of what it writes about a request, before or
 * after that is on the disk. The promise is kept as soon as it has come to that; `mend` ends it.
 */
function cutOff(
  { step, isWritten }: Step,
  ending: Ending,
): Readonly<{ reached: Promise<void>; mend: () => void }> {
  const { journal, degraded } = scene.consortium.custodian(0);
  const { store } = degraded;
  const [keep, append] = [store.keep.bind(store), journal.append.bind(journal)];
  const mend = (): void => {
    store.keep = keep;
    journal.append = append;
  };
  let steps = 0;
  const reached = new Promise<void>((resolve) => {
    const cut = async <T>(write: () => Promise<T>): Promise<T> => {
      steps += 1;
      if (steps === step) {
        if (isWritten) await write();
        resolve();
        if (ending === 'has a disk that fails') throw new Error('the disk fails');
      }
      return steps >= step && ending === 'is stopped' ? new Promise(() => undefined) : write();
    };
    store.keep = (...given) => cut(() => keep(...given));
    journal.append = (facts) => (isPermit(facts) ? cut(() => append(facts)) : append(facts));
  });
  return { reached, mend };
}

const isPermit = (facts: readonly JournalFacts[]): boolean =>
  facts.some(({ kind, decision }) => kind.startsWith('degraded-') && decision === 'permit');

/** The first custodian is cut off while it acknowledges or releases; whether it answered. */
async function cutOffIn(act: () => Promise<unknown>, at: Step, ending: Ending): Promise<boolean> {
  const { reached, mend } = cutOff(at, ending);
  const answered = act().then(
    () => true,
    () => false,
  );
  await Promise.race([answered, reached]);
  if (ending === 'has a disk that fails') {
    const hasAnswered = await answered;
    mend();
    return hasAnswered;
  }
  const hasAnswered = await Promise.race([answered, Promise.resolve(false)]);
  await scene.consortium.stop(0);
  await scene.consortium.start(0);
  await scene.consortium.custodian(0).directory.refresh();
  await scene.hear();
  return hasAnswered;
}

/** What acknowledges a request at the first custodian, or releases it there. */
async function actOn(request: SignedDegradedRequest, act: Act): Promise<() => Promise<unknown>> {
  if (act === 'acknowledgement') return () => scene.acknowledge(0, request);
  const acknowledgements = [await scene.acknowledge(0, request), await scene.acknowledge(2, request)];
  return () => scene.release(0, request, acknowledgements);
}

/** The next time that what was written of a file is to be confirmed, the disk fails. */
async function failNextDatasync(): Promise<void> {
  const { stateDir } = scene.consortium.at(0).settings;
  const file = await open(join(stateDir, 'journal', '000000000001.jsonl'));
  const handles = Object.getPrototypeOf(file) as typeof file;
  await file.close();
  const spy = jest.spyOn(handles, 'datasync').mockImplementation(() => {
    spy.mockRestore();
    return Promise.reject(new Error('the disk fails'));
  });
}

/** The ledger takes everything that waits. */
async function posted(): Promise<void> {
  await scene.resume();
  for (let poll = 0; poll < MAX_POLLS; poll += 1) {
    const waiting = [0, 2].map((at) => scene.consortium.custodian(at).degraded.store.unposted);
    if (waiting.every((number) => number === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('not everything is on the ledger');
}

/** What the first custodian's journal shows of a request, and what its entry says. */
async function shownOf(requestHash: string): Promise<Record<'journal' | 'ledger', object>> {
  const { journal } = scene.consortium.custodian(0);
  const lines = (await journal.read(1)).filter((line) => line.requestHash === requestHash);
  const permits = lines.flatMap(({ kind, decision }) => (decision === 'permit' ? [kind] : []));
  const { entries } = await new PostedEntries().readOn(scene.consortium.at(0).peer);
  const entry = entries.find((one) => one.mspId === 'AlderMSP' && one.requestHash === requestHash);
  return {
    journal: {
      acknowledged: permits.includes('degraded-acknowledgement'),
      released: permits.includes('degraded-release'),
    },
    ledger: { acknowledged: entry !== undefined, released: entry?.released ?? false },
  };
}

describe('§15.22 what a custodian posts of a request in which it was cut off', () => {
  test.each([
    ['is stopped', 'acknowledgement'],
    ['is stopped', 'release'],
    ['has a disk that fails', 'acknowledgement'],
    ['has a disk that fails', 'release'],
  ] as const)(
    'a custodian that %s at any step of its %s posts what its journal shows; a share that left is in both',
    async (ending, act) => {
      const answers = new Map<string, boolean>();
      for (const at of STEPS) {
        const request = scene.request();
        answers.set(hashOf(request), await cutOffIn(await actOn(request, act), at, ending));
      }
      expect([...answers.values()]).toEqual(STEPS.map(({ step }) => step === 4));
      await posted();
      for (const [requestHash, hasAnswered] of answers) {
        const { journal, ledger } = await shownOf(requestHash);
        expect(ledger).toEqual(journal);
        if (hasAnswered) expect(journal).toEqual({ acknowledged: true, released: act === 'release' });
      }
      const { degraded, clean } = await scene.consortium.custodian(2).reconcile();
      expect(degraded).toMatchObject({ missing: [], changed: [], unrecorded: [] });
      expect(clean).toBe(true);
    },
  );

  test('a release that its journal shows is posted, although it is asked for again and cut off again', async () => {
    const request = scene.request();
    const release = await actOn(request, 'release');
    await cutOffIn(release, { step: 3, isWritten: false }, 'has a disk that fails');
    await cutOffIn(release, { step: 1, isWritten: true }, 'is stopped');
    await posted();
    const shown = { acknowledged: true, released: true };
    expect(await shownOf(hashOf(request))).toEqual({ journal: shown, ledger: shown });
  });

  test('a line of a release that the disk took and did not confirm is not found at the next start, once it was posted that there is none', async () => {
    const request = scene.request();
    const release = await actOn(request, 'release');
    // The third refusal has no line of its own in the journal, which would cut what the write before it left.
    for (let refusals = 1; refusals < 3; refusals += 1)
      await cutOffIn(release, { step: 1, isWritten: false }, 'has a disk that fails');
    await failNextDatasync();
    await expect(release()).rejects.toMatchObject({ code: 'INTERNAL' });
    await posted();
    await scene.consortium.stop(0);
    await scene.consortium.start(0);
    const shown = { acknowledged: true, released: false };
    expect(await shownOf(hashOf(request))).toEqual({ journal: shown, ledger: shown });
  });
});
