// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { AuditEntry, Handle, Intent } from '@tutela/chaincode/domain';
import { commit, endorse } from '@tutela/chaincode/testing';
import { Chain } from '../ledger/chain.js';
import type { Block, BlockTransaction } from '../ledger/ledger.js';
import { isTrueShare, openReply } from '../testing/reader.js';
import { Scene } from '../testing/scene.js';
import { isStillSo } from './read-ahead.js';

let scene: Scene;

/** An intent that was endorsed and is on its way, and its arrival on the ledger. */
async function onItsWay(
  change: Readonly<Record<string, unknown>> = {},
): Promise<Readonly<{ intent: Intent; arrive: () => void }>> {
  const { world, doctor, record, reader } = scene;
  const request = world.intentRequest(doctor, record, { sessionKey: reader.sessionKey, ...change });
  const { answer, stub } = await endorse(world.ledger, doctor, 'access:DeclareIntent', request);
  return {
    intent: answer as Intent,
    arrive: () => {
      commit(world.ledger, stub);
    },
  };
}

/** Names of what the first custodian asks its peer, from now on. */
function questions(): readonly string[] {
  const asked: string[] = [];
  const { peer } = scene.consortium.at(0);
  const evaluate = peer.evaluate.bind(peer);
  jest.spyOn(peer, 'evaluate').mockImplementation((transaction, request) => {
    asked.push(transaction);
    return evaluate(transaction, request);
  });
  return asked;
}

async function yields(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await new Promise(setImmediate);
}

describe('a custodian that a gateway informs of an intent before its block', () => {
  afterEach(() => scene.end());

  test('reads ahead, gives nothing before it has come, and asks nothing more when it has', async () => {
    scene = await Scene.begin();
    const asked = questions();
    const { intent, arrive } = await onItsWay();
    let isAnswered = false;
    const answer = scene.consortium.release(0, intent.intentId, intent);
    void answer.then(() => (isAnswered = true));
    await yields(50);
    expect([isAnswered, asked]).toEqual([false, ['access:PreviewReleaseContext']]);
    arrive();
    expect((await answer).replies).toHaveLength(1);
    expect(asked).not.toContain('access:GetReleaseContext');
  });

  test('releases the shares that it made meanwhile, sealed to the session key that came', async () => {
    scene = await Scene.begin();
    const { intent, arrive } = await onItsWay();
    const answer = scene.consortium.release(0, intent.intentId, intent);
    await yields(50);
    arrive();
    const [reply] = (await answer).replies;
    const [again] = (await scene.consortium.release(0, intent.intentId)).replies;
    if (reply === undefined) throw new Error('no reply');
    const label = scene.record.request.labels[0]?.label ?? '';
    const capsule = scene.record.vault.capsules[0]?.capsule ?? '';
    const share = openReply(scene.reader, reply);
    expect(isTrueShare(share, { capsule, label, set: await scene.set() })).toBe(true);
    expect(again?.reply.sealed).toBe(reply.reply.sealed);
  });

  test('gives nothing for one that never comes', async () => {
    scene = await Scene.begin();
    const { intent } = await onItsWay();
    await expect(scene.consortium.release(0, intent.intentId, intent)).rejects.toMatchObject({
      code: 'INTENT_UNCOMMITTED',
    });
  });

  test.each<[string, (intent: Intent) => Intent]>([
    ['another session key', (intent) => ({ ...intent, sessionKey: 'A'.repeat(43) })],
    [
      'a permit for what was denied',
      (intent) => ({
        ...intent,
        segments: intent.segments.map(({ recordId, version, segmentId }) => {
          return { recordId, version, segmentId, decision: 'permit' };
        }),
      }),
    ],
  ])('attack 13: decides on what came, not on the claim of %s', async (_, forge) => {
    scene = await Scene.begin();
    const asked = questions();
    const { intent, arrive } = await onItsWay();
    const answer = scene.consortium.release(0, intent.intentId, forge(intent));
    await yields(50);
    arrive();
    const { replies, refused } = await answer;
    expect(asked).toContain('access:GetReleaseContext');
    expect(refused.map(({ code }) => code)).toEqual(['NO_CONSENT']);
    const [laboratory] = scene.record.vault.manifest.segments;
    expect(replies.map(({ reply }) => reply.segment.segmentId)).toEqual([laboratory?.segmentId]);
    const [reply] = replies;
    expect(reply && openReply(scene.reader, reply)).toBeDefined();
  });

  test('attack 13: a custodian that reads ahead is not led to another intent than the one that it is asked for', async () => {
    scene = await Scene.begin();
    const { intent } = await onItsWay();
    const other = await onItsWay();
    const answer = scene.consortium.release(0, intent.intentId, other.intent);
    other.arrive();
    await expect(answer).rejects.toMatchObject({ code: 'INTENT_UNCOMMITTED' });
  });

  test('asks anew where reads are counted', async () => {
    scene = await Scene.begin({}, { maxReads: 1 });
    const asked = questions();
    const { intent, arrive } = await onItsWay();
    const answer = scene.consortium.release(0, intent.intentId, intent);
    await yields(50);
    arrive();
    expect((await answer).replies).toHaveLength(1);
    expect(asked.at(-1)).toBe('access:GetReleaseContext');
  });

  test('attack 15: a custodian that has read ahead refuses when the consent was revoked in between', async () => {
    scene = await Scene.begin();
    const { intent, arrive } = await onItsWay();
    const urls = [0, 1, 2].map((at) => scene.consortium.at(at).url);
    const answer = scene.consortium.release(0, intent.intentId, intent);
    // Nobody confirms the block while nobody can be reached, so the decision has to wait.
    for (const url of urls) scene.consortium.network.cut(url);
    await yields(50);
    arrive();
    await yields(50);
    await scene.world.revoke(scene.patient, scene.consent);
    for (const url of urls) scene.consortium.network.cut(url, false);
    await scene.world.patient(scene.world.hospital(0));
    expect((await answer).replies).toEqual([]);
  });

  test('attack 15: refuses so too when it read of an intent that had come', async () => {
    scene = await Scene.begin();
    const { intent, arrive } = await onItsWay();
    const urls = [0, 1, 2].map((at) => scene.consortium.at(at).url);
    for (const url of urls.slice(1)) scene.consortium.network.cut(url);
    arrive();
    const answer = scene.consortium.release(0, intent.intentId);
    scene.consortium.network.cut(urls[0] ?? '');
    await yields(50);
    await scene.world.revoke(scene.patient, scene.consent);
    for (const url of urls) scene.consortium.network.cut(url, false);
    await scene.world.patient(scene.world.hospital(0));
    expect((await answer).replies).toEqual([]);
  });
});

describe('what was read of a patient’s matters', () => {
  const read = { height: 1 };
  const handle = 'pt_a' as Handle;

  /** A chain of empty blocks up to the reading, and one block after it. */
  function chainWith(...transactions: readonly BlockTransaction[]): Chain {
    const chain = new Chain();
    const block = (number: number): Block => ({
      number,
      hash: `${number}`,
      previousHash: `${number - 1}`,
      dataHash: '',
      transactions: number === 2 ? transactions : [],
    });
    for (const number of [0, 1, 2]) chain.append(block(number));
    return chain;
  }

  function transaction(act: string, of?: string): BlockTransaction {
    return { txId: act, valid: true, entry: { act, handle: of } as AuditEntry };
  }

  test.each<[string, BlockTransaction]>([
    ['a heartbeat', transaction('heartbeat')],
    ['another intent of the same patient', transaction('intent-declared', handle)],
    ['another patient’s revocation', transaction('consent-revoked', 'pt_b')],
    ['an invalid transaction', { ...transaction('consent-revoked', handle), valid: false }],
  ])('is still so after %s', (_, one) => {
    expect(isStillSo(chainWith(one), read, handle)).toBe(true);
  });

  test.each<[string, BlockTransaction]>([
    ['the patient’s revocation', transaction('consent-revoked', handle)],
    ['a revocation of nobody', transaction('consent-revoked')],
    ['a change of a practitioner', transaction('practitioner-changed')],
    ['a step of another patient’s emergency', transaction('emergency-reviewed', 'pt_b')],
    ['a new epoch', transaction('custody-activated')],
    ['an act that nobody knows', transaction('act-of-tomorrow', 'pt_b')],
    ['a transaction that says nothing', { txId: 'b', valid: true }],
  ])('may be so no longer after %s', (_, one) => {
    expect(isStillSo(chainWith(one), read, handle)).toBe(false);
  });

  test('may be so no longer when a block since is not known', () => {
    const chain = new Chain();
    chain.append({ number: 3, hash: '3', previousHash: '2', dataHash: '', transactions: [] });
    expect(isStillSo(chain, read, handle)).toBe(false);
  });
});
