// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  instantOf,
  RECORDED_ONCE_REPLACED_MS,
  type DegradedRelease,
  type ListedEntry,
  type Emergency,
  type Intent,
  type SignedDegradedRequest,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { acknowledgeDegraded } from '@tutela/chaincode/testing';
import { decideByPolicy } from '../monitor/decide-by-policy.js';
import { decodeContext } from '../monitor/decode-context.js';
import { findSegment, ManifestHashes } from '../monitor/open-segment.js';
import { DegradedScene } from '../testing/degraded-scene.js';
import { reconcileDegraded } from './reconcile-degraded.js';
import { PostedEntries } from './posted-entries.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const THRESHOLD = { threshold: 2 };
const NOTHING = { missing: [], changed: [], unrecorded: [], unsigned: [], late: [] };
const POLL_MS = 10;
const MAX_POLLS = 500;
let scene: DegradedScene;

beforeEach(async () => {
  scene = await DegradedScene.begin();
  await scene.vote('on', 0, 1);
  await scene.stall();
});
afterEach(() => scene.end());

const entries = async () => (await new PostedEntries().readOn(scene.consortium.at(0).peer)).entries;
const report = () => scene.consortium.custodian(0).reconcile();

/** Two custodians open a request while the ledger stalls. */
async function opened(request = scene.request()): Promise<string> {
  const words = [await scene.acknowledge(0, request), await scene.acknowledge(2, request)];
  for (const at of [0, 2]) await scene.release(at, request, words);
  return words[0]?.acknowledgement.requestHash ?? '';
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < MAX_POLLS; poll += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('what the test waits for did not come');
}

describe('§15.22 when the ledger is back', () => {
  test('every custodian posts its entry by itself, the emergency is on the ledger, and nothing is to report', async () => {
    const requestHash = await opened();
    expect(await entries()).toEqual([]);
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    expect(await entries()).toMatchObject([
      { requestHash, mspId: 'AlderMSP', released: true, acknowledgedBy: ['AlderMSP', 'CedarMSP'] },
      { requestHash, mspId: 'CedarMSP', released: true },
    ]);
    const emergencies = Object.entries(scene.world.ledger.world()).flatMap(([key, value]) =>
      key.startsWith('emergency/') ? [value as Emergency] : [],
    );
    expect(emergencies).toMatchObject([{ degradedRequest: requestHash, state: 'cosigned' }]);
    const { degraded, clean } = await report();
    expect([degraded, clean]).toEqual([NOTHING, true]);
    await expect(scene.acknowledge(0, scene.request())).rejects.toMatchObject({ code: 'LEDGER_NOT_STALLED' });
  });

  test('attack 38: the record of what was opened opens nothing more, at no custodian, by its time or by its kind', async () => {
    await opened();
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    const [intent] = Object.entries(scene.world.ledger.world()).flatMap(([key, value]) =>
      key.startsWith('intent/') ? [value as Intent] : [],
    );
    if (intent === undefined) throw new Error('no intent was recorded');
    for (const at of [0, 1, 2])
      await expect(scene.consortium.release(at, intent.intentId)).rejects.toMatchObject({
        ...{ code: 'INTENT_EXPIRED' },
      });
    const { peer } = scene.consortium.at(0);
    const { intentId } = intent;
    const context = decodeContext(await peer.evaluate('access:GetReleaseContext', { intentId }));
    const found = findSegment(context, intent.segments[0] as SegmentRef, new ManifestHashes());
    const question = { segment: found.facts, times: [intent.declaredAt] };
    expect(decideByPolicy(context, [], question)).toEqual({ decision: 'deny', code: 'EMERGENCY_NOT_OPEN' });
  });

  test('a kill between opening and recovery loses nothing', async () => {
    await opened();
    await scene.consortium.stop(0);
    await scene.consortium.stop(2);
    await scene.consortium.start(0);
    await scene.consortium.start(2);
    await Promise.all([0, 1, 2].map((at) => scene.consortium.custodian(at).directory.refresh()));
    await scene.resume();
    await until(async () => (await entries()).length === 2);
  });

  test('attack: an entry that a custodian withholds is missing, by its own journal or by its acknowledgement in another’s entry', async () => {
    const requestHash = await opened();
    scene.consortium.at(2).peer.refuse = (transaction) => transaction === 'degraded:Post';
    for (const at of [0, 1]) scene.consortium.at(at).peer.refuse = () => false;
    await scene.beat();
    await until(async () => (await entries()).length === 1);
    const { degraded, clean } = await report();
    expect([degraded.missing, clean]).toEqual([[{ mspId: 'CedarMSP', requestHash }], false]);
    const found = reconcileDegraded(new Map([['CedarMSP', undefined]]), await entries(), THRESHOLD);
    expect(found.missing).toEqual([{ mspId: 'CedarMSP', requestHash }]);
  });

  test('attack: a custodian that posts no release, and wrote one down, has changed its entry', async () => {
    const requestHash = await opened();
    scene.consortium.at(2).peer.alter = (transaction, request) =>
      transaction === 'degraded:Post' ? { ...request, released: false } : request;
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    const { degraded, clean } = await report();
    expect([degraded.changed, clean]).toEqual([[{ mspId: 'CedarMSP', requestHash }], false]);
  });

  test('attack: a journal from which the line was taken does not bear the entry out', async () => {
    const requestHash = await opened();
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    const found = reconcileDegraded(
      new Map([
        ['AlderMSP', await scene.consortium.custodian(0).journal.read(1)],
        ['CedarMSP', []],
      ]),
      await entries(),
      THRESHOLD,
    );
    expect(found).toEqual({ ...NOTHING, changed: [{ mspId: 'CedarMSP', requestHash }] });
  });

  test('attack 42: a suspension of the own clinician that is ordered before the custodians’ entries keeps nothing off the record', async () => {
    const { world, team } = scene;
    world.ledger.advance(6 * MINUTE_MS);
    await scene.hear();
    const requestHash = await opened(scene.request({}, team));
    // It was endorsed when the stall began, and withheld until the reading was made.
    world.ledger.advance(-6 * MINUTE_MS);
    const suspension = { practitionerId: team.requester.id, status: 'suspended' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', suspension);
    world.ledger.advance(6 * MINUTE_MS);
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    const { custodian } = scene.consortium.at(0).hospital;
    const { answer } = await world.run(custodian, 'degraded:GetRequest', { requestHash });
    expect(answer).toMatchObject({ opened: { against: ['CALLER_INACTIVE'] } });
    expect((await report()).clean).toBe(true);
  });

  test('attack 42: one acknowledgement given many times is refused, and the release after it is posted and survives a restart', async () => {
    const request = scene.request();
    const [own, other] = [await scene.acknowledge(0, request), await scene.acknowledge(1, request)];
    const repeated = scene.release(
      0,
      request,
      Array.from({ length: 31 }, () => other),
    );
    await expect(repeated).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await scene.release(0, request, [own, other]);
    await scene.consortium.stop(0);
    await scene.consortium.start(0);
    await scene.consortium.custodian(0).directory.refresh();
    scene.consortium.at(1).peer.refuse = () => true;
    for (const at of [0, 2]) scene.consortium.at(at).peer.refuse = () => false;
    await scene.beat();
    await until(async () => (await entries()).length === 1);
    expect(await entries()).toMatchObject([{ mspId: 'AlderMSP', released: true, opened: true }]);
  });

  test('attack 42: a release of which the ledger has no emergency is named, and posted until it has', async () => {
    const requestHash = await opened();
    const [{ peer }, other] = [scene.consortium.at(0), scene.consortium.at(2)];
    const { store } = scene.consortium.custodian(0).degraded;
    const posts: object[] = [];
    peer.alter = (transaction, request) => {
      if (transaction !== 'degraded:Post') return request;
      posts.push(request);
      const { acknowledgements } = request as DegradedRelease;
      return { ...request, acknowledgements: acknowledgements.slice(0, 1) };
    };
    peer.refuse = () => false;
    other.peer.refuse = (transaction) => transaction === 'degraded:Post';
    await scene.beat();
    await until(async () => (await entries()).length === 1);
    const { degraded, clean } = await report();
    expect([degraded.unrecorded, clean]).toEqual([[{ mspId: 'AlderMSP', requestHash }], false]);
    await scene.beat();
    expect([store.pending().length, posts.length]).toEqual([1, 1]);
    peer.alter = (_, request) => request;
    scene.world.ledger.advance(MINUTE_MS);
    await scene.beat();
    await until(() => Promise.resolve(store.pending().length === 0));
    expect((await report()).degraded.unrecorded).toEqual([]);
  });

  test('attack 39: entries about requests that no registered person signed count against who posted them, and spoil no comparison', async () => {
    const requestHash = await opened();
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    const { world } = scene;
    const [liar, other] = [2, 1].map((at) => world.hospital(at).custodian);
    if (liar === undefined || other === undefined) throw new Error('there are three hospitals');
    for (let count = 0; count < 3; count += 1) {
      const { requester, cosigner, ...said } = scene.request();
      const signature = requester.signature;
      const request = { ...said, requester, cosigner: { ...cosigner, signature } } as SignedDegradedRequest;
      // Its acknowledgement names a journal head that no journal has, at a time that is always compared.
      const at = scene.world.at(60 * MINUTE_MS);
      const acknowledgements = [acknowledgeDegraded(world, liar, request, { at })];
      await world.run(liar, 'degraded:Post', { request, acknowledgements, released: true });
    }
    for (let round = 0; round < 2; round += 1) {
      const { degraded, clean } = await report();
      expect([degraded, clean]).toEqual([
        {
          ...{ missing: [], changed: [], unrecorded: [], late: [] },
          unsigned: [{ mspId: 'CedarMSP', entries: 3 }],
        },
        true,
      ]);
    }
    expect((await entries()).filter((one) => one.requestHash === requestHash)).toHaveLength(2);
  });

  /** An entry about a request that no registered person signed, under the first epoch. */
  const unsigned = (mspId: string, requestHash: string, acknowledgedBy = [mspId], epoch = 1) =>
    ({
      ...{ mspId, requestHash, acknowledgedBy, released: true, opened: false, proven: false },
      ...{
        postedAt: scene.world.at(0),
        acknowledgement: { acknowledgement: { at: scene.world.at(0), epoch } },
      },
    }) as unknown as ListedEntry;

  test('attack 39: an entry that t custodians acknowledged is compared in full, although no person signed the request', () => {
    const posted = [unsigned('CedarMSP', 'alone'), unsigned('CedarMSP', 'two', ['BirchMSP', 'CedarMSP'])];
    const found = reconcileDegraded(new Map(), posted, { threshold: 2 });
    expect(found.unsigned).toEqual([{ mspId: 'CedarMSP', entries: 1 }]);
    expect(found.unrecorded).toEqual([{ mspId: 'CedarMSP', requestHash: 'two' }]);
    expect(found.missing).toEqual([{ mspId: 'BirchMSP', requestHash: 'two' }]);
  });

  describe('attack 39: entries about requests that no registered person signed', () => {
    const two = ['BirchMSP', 'CedarMSP'];
    /** Two of three in the first epoch, and another number since then, from a time before the entries were posted. */
    const epochs = (threshold: number, agoMs: number) =>
      new Map([
        [1, { threshold: 2, activatedAt: instantOf(Date.parse(scene.world.at(0)) - 365 * DAY_MS) }],
        [2, { threshold, activatedAt: instantOf(Date.parse(scene.world.at(0)) - agoMs) }],
      ]);
    const found = (posted: readonly ListedEntry[], threshold: number, agoMs = DAY_MS) => {
      const report = reconcileDegraded(new Map(), posted, { threshold, epochs: epochs(threshold, agoMs) });
      return {
        unsigned: report.unsigned,
        unrecorded: report.unrecorded.map(({ requestHash }) => requestHash),
      };
    };
    const counted = { unsigned: [{ mspId: 'CedarMSP', entries: 1 }], unrecorded: [] };
    const compared = { unsigned: [], unrecorded: ['hash'] };

    test('are counted by the threshold of the epoch that their acknowledgement names, not by that in force', () => {
      expect(found([unsigned('CedarMSP', 'hash', two, 1)], 3)).toEqual(compared);
      expect(found([unsigned('CedarMSP', 'hash', two, 2)], 3)).toEqual(counted);
      expect(found([unsigned('CedarMSP', 'hash', ['CedarMSP'], 1)], 1)).toEqual(counted);
      expect(found([unsigned('CedarMSP', 'hash', ['CedarMSP'], 2)], 1)).toEqual(compared);
    });

    test('are counted by the threshold in force where that epoch is unknown, or was replaced too long ago to count', () => {
      expect(found([unsigned('CedarMSP', 'hash', two, 9)], 3)).toEqual(counted);
      expect(found([unsigned('CedarMSP', 'hash', two, 1)], 3, RECORDED_ONCE_REPLACED_MS)).toEqual(compared);
      expect(found([unsigned('CedarMSP', 'hash', two, 1)], 3, RECORDED_ONCE_REPLACED_MS + 1)).toEqual(
        counted,
      );
    });

    test('do not add up over epochs, and one epoch with enough has all about the request compared', () => {
      const [birch, cedar] = [
        unsigned('BirchMSP', 'hash', ['BirchMSP'], 2),
        unsigned('CedarMSP', 'hash', two, 1),
      ];
      const alone = unsigned('CedarMSP', 'hash', ['CedarMSP'], 1);
      expect(found([birch, alone], 2).unrecorded).toEqual([]);
      expect(found([birch, cedar], 3).unrecorded).toEqual(['hash', 'hash']);
    });
  });

  test('attack 39: a comparison knows the epochs that entries name, after another one came into force', async () => {
    const [{ world }, { peer }] = [scene, scene.consortium.at(0)];
    await scene.resume();
    const { requester, cosigner, ...said } = scene.request();
    const { signature } = requester;
    const request = { ...said, requester, cosigner: { ...cosigner, signature } } as SignedDegradedRequest;
    const liars = [1, 2].map((at) => world.hospital(at).custodian);
    const acknowledgements = liars.map((one) => acknowledgeDegraded(world, one, request));
    await world.run(world.hospital(2).custodian, 'degraded:Post', {
      request,
      acknowledgements,
      released: true,
    });
    const evaluate = peer.evaluate.bind(peer);
    peer.evaluate = async (transaction, asked) => {
      const answer = await evaluate(transaction, asked);
      return transaction === 'custody:GetCurrent'
        ? { ...(answer as object), epoch: 2, threshold: 3 }
        : answer;
    };
    await scene.consortium.custodian(0).custody.refresh();
    const { degraded } = await report();
    expect(degraded).toMatchObject({ unsigned: [], unrecorded: [{ mspId: 'CedarMSP' }] });
  });

  test('an entry that comes long after the first is late', async () => {
    await opened();
    await scene.resume();
    await until(async () => (await entries()).length === 2);
    const [first, second] = await entries();
    const from = Date.parse(first?.postedAt ?? '');
    const late = { ...second, postedAt: instantOf(from + 600_001) } as ListedEntry;
    const found = reconcileDegraded(
      new Map(),
      [first, late].flatMap((one) => one ?? []),
      THRESHOLD,
    );
    expect(found.late).toMatchObject([{ mspId: 'CedarMSP', byMs: 600_001 }]);
    const inTime = { ...late, postedAt: instantOf(from + 600_000) };
    expect(
      reconcileDegraded(
        new Map(),
        [first, inTime].flatMap((one) => one ?? []),
        THRESHOLD,
      ).late,
    ).toEqual([]);
  });
});
