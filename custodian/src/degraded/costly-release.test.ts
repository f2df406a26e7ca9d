// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DegradedContext, SegmentRef, SignedDegradedRequest } from '@tutela/chaincode/domain';
import { DegradedScene } from '../testing/degraded-scene.js';
import { counted } from '../testing/counted.js';
import { Turns } from '../turns.js';
import { EXAMINATIONS } from './degraded-service.js';
import { examine } from './examine.js';

const RECORDS = 16;
const MAX_ROUNDS = 10_000;
const [ALDER, CEDAR] = ['AlderMSP', 'CedarMSP'];
let scene: DegradedScene;
const many: SegmentRef[] = [];

beforeAll(async () => {
  scene = await DegradedScene.begin();
  const { world, patient } = scene;
  const author = await world.practitioner(world.hospital(0), 'physician');
  for (let record = 0; record < RECORDS; record += 1) {
    const { request, vault } = await world.store(author, patient, [{ category: 'summary' }]);
    const { recordId, version } = request;
    many.push(...vault.manifest.segments.map(({ segmentId }) => ({ recordId, version, segmentId })));
  }
  await scene.vote('on', 0, 1);
  await scene.stall();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => scene.end());

/** An acknowledged request for very many segments. */
async function acknowledged() {
  const request = scene.request({ segments: many });
  return { request, words: [await scene.acknowledge(0, request), await scene.acknowledge(2, request)] };
}

/** How many shares the first custodian has made from now on. */
function sharesMade(): () => number {
  const { custody } = scene.consortium.custodian(0);
  const shareOf = custody.shareOf.bind(custody);
  let made = 0;
  jest.spyOn(custody, 'shareOf').mockImplementation((set) => {
    const share = shareOf(set);
    return counted(share, 'secret', () => (made += 1));
  });
  return () => made;
}

/** The most that is added to a count in one round of the event loop until some work is done. */
async function mostInARound(count: () => number, work: Promise<unknown>): Promise<number> {
  let [isDone, before, most] = [false, count(), 0];
  const done = work.finally(() => (isDone = true));
  while (!isDone) {
    await setImmediate();
    [most, before] = [Math.max(most, count() - before), count()];
  }
  await done;
  return most;
}

describe('§15.22 a release of very many segments', () => {
  test('attack 44: a share of a request is made once, however often its release is asked for', async () => {
    const { request, words } = await acknowledged();
    const made = sharesMade();
    await scene.release(0, request, words);
    expect(made()).toBe(many.length);
    for (let count = 0; count < 3; count += 1) await scene.release(0, request, words);
    expect(made()).toBe(many.length);
  });

  test('attack 44: shares without the ledger are made a few in a round of the event loop', async () => {
    const { request, words } = await acknowledged();
    const made = sharesMade();
    const asked = Promise.all([1, 2, 3].map(() => scene.release(0, request, words)));
    expect(await mostInARound(made, asked)).toBeLessThanOrEqual(EXAMINATIONS.atATime);
  });

  test('attack 44: shares without the ledger are made while another hospital’s release is written down', async () => {
    const { request, words } = await acknowledged();
    const other = await acknowledged();
    const { journal } = scene.consortium.custodian(0);
    const append = journal.append.bind(journal);
    const written = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<undefined>();
    jest.spyOn(journal, 'append').mockImplementation(async (facts) => {
      begun.resolve(undefined);
      await written.promise;
      return append(facts);
    });
    const first = scene.release(0, other.request, other.words, { as: ALDER });
    await begun.promise;
    const made = sharesMade();
    const second = scene.release(0, request, words, { as: CEDAR });
    for (let round = 0; round < MAX_ROUNDS && made() < many.length; round += 1) await setImmediate();
    const whileWritten = made();
    written.resolve(undefined);
    await Promise.all([first, second]);
    expect(whileWritten).toBe(many.length);
  });

  test('attack 44: a request’s segments are found and their manifests hashed a few in a round of the event loop', async () => {
    const request = scene.request({ segments: many });
    let hashed = 0;
    const { peer, ports } = scene.consortium.at(0);
    const examined = examine(
      {
        ...{ channel: peer.channel, clock: ports.clock, othersTime: () => undefined },
        ...{ isOn: () => Promise.resolve(true), isStalled: () => Promise.resolve(true) },
        ...{ isIdentityHeld: () => false, isTaken: () => true },
        authorities: () => Promise.resolve(scene.authorities.map((one) => one.membership())),
        readContext: async (question) => {
          const context = (await peer.evaluate('degraded:GetContext', question)) as DegradedContext;
          const records = context.records.map(({ version, manifest }) => ({
            version,
            ...(manifest && { manifest: counted(manifest, 'policy', () => (hashed += 1)) }),
          }));
          return { ...context, records };
        },
      },
      request,
      { how: 'now', turns: new Turns(EXAMINATIONS), segments: many, use: (one) => one },
    );
    expect(await mostInARound(() => hashed, examined)).toBeLessThanOrEqual(EXAMINATIONS.atATime);
    expect(hashed).toBeGreaterThanOrEqual(many.length);
  });
});

describe('§15.22 a release that names segments', () => {
  let request: SignedDegradedRequest;
  const release = async (...segments: readonly SegmentRef[]) => {
    const words = [await scene.acknowledge(0, request), await scene.acknowledge(2, request)];
    return (await scene.release(0, request, words, { segments })).replies.map(({ reply }) => reply.segment);
  };
  const lines = async () =>
    (await scene.consortium.custodian(0).journal.read(1))
      .filter(({ kind }) => kind === 'degraded-release')
      .map(({ segment }) => segment);

  test('has those alone, each with its line in the journal, and costs the own peer no other', async () => {
    request = scene.request({ segments: many });
    const [first, second, third] = many.slice(0, 3) as [SegmentRef, SegmentRef, SegmentRef];
    const before = (await lines()).length;
    expect(await release(first, second)).toEqual([first, second]);
    const asked = jest.spyOn(scene.consortium.at(0).peer, 'evaluate');
    const made = sharesMade();
    expect(await release(third)).toEqual([third]);
    expect(made()).toBe(1);
    const contexts = asked.mock.calls.filter(([name]) => name === 'degraded:GetContext');
    expect(contexts.at(-1)?.[1]).toMatchObject({ segments: [third] });
    expect((await lines()).slice(before)).toEqual([first, second, third]);
  });

  test('attack: one that the request does not name, or one twice, is refused', async () => {
    const [first, second] = many as [SegmentRef, SegmentRef];
    request = scene.request({ segments: [first] });
    for (const segments of [[second], [first, second], [first, first]])
      await expect(release(...segments)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('§15.22 a release that waits for other work of its hospital', () => {
  test('is refused when the ledger works again meanwhile', async () => {
    const { request, words } = await acknowledged();
    const { custody, freshness } = scene.consortium.custodian(0);
    const shareOf = custody.shareOf.bind(custody);
    jest.spyOn(custody, 'shareOf').mockImplementation((set) => {
      jest.spyOn(freshness, 'isStalled').mockReturnValue(false);
      return shareOf(set);
    });
    await expect(scene.release(0, request, words)).rejects.toMatchObject({ code: 'LEDGER_NOT_STALLED' });
  });
});
