// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isSignedReply, isTrueShare, openCapsule, openReply } from '../testing/reader.js';
import { Scene } from '../testing/scene.js';
import { verifyJournal } from '../journal/verify-journal.js';
import { EMPTY_HEAD } from '../journal/entry.js';

let scene: Scene;
afterEach(() => scene.end());

describe('release', () => {
  test('any two of three custodians open what the patient permits, and refuse the neighbour', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const answers = await Promise.all([0, 1, 2].map((at) => scene.consortium.release(at, intentId)));
    const [laboratory, notes] = scene.record.vault.manifest.segments;
    const set = await scene.set();
    const capsule = scene.record.vault.capsules[0]?.capsule ?? '';
    const label = scene.record.request.labels[0]?.label ?? '';
    const shares = answers.map(({ replies, refused }, at) => {
      expect(replies).toHaveLength(1);
      expect(refused).toEqual([
        {
          segment: { recordId: scene.record.request.recordId, version: 1, segmentId: notes?.segmentId },
          code: 'NO_CONSENT',
        },
      ]);
      const [reply] = replies;
      if (reply === undefined) throw new Error('no reply');
      expect(reply.reply.segment.segmentId).toBe(laboratory?.segmentId);
      expect(isSignedReply(reply, scene.consortium.custodian(at).identity.publicKey)).toBe(true);
      const share = openReply(scene.reader, reply);
      expect(isTrueShare(share, { capsule, label, set })).toBe(true);
      return share;
    });
    const expected = createHash('sha256')
      .update(`key of ${laboratory?.segmentId ?? ''}`)
      .digest();
    for (const pair of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      const two = shares.filter((_, at) => pair.includes(at));
      expect(Buffer.from(openCapsule(two, { capsule, label, set })).equals(expected)).toBe(true);
    }
  });

  test('replies name the intent’s own block, so that those of one chain agree however far each peer is', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const { number: height, hash: blockHash } = scene.consortium.channel.blocks.at(-1) ?? {};
    const early = await scene.consortium.release(0, intentId);
    await scene.world.patient(scene.world.hospital(0));
    const late = await scene.consortium.release(1, intentId);
    for (const { replies } of [early, late]) expect(replies[0]?.reply).toMatchObject({ height, blockHash });
  });

  test('attack 28 and 42: a reply names the label, the capsule and the key of its share by their hashes', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const { replies } = await scene.consortium.release(0, intentId);
    const label = scene.record.request.labels[0]?.label;
    const capsule = Buffer.from(scene.record.vault.capsules[0]?.capsule ?? '', 'base64url');
    const capsuleHash = createHash('sha256').update(capsule).digest('base64url');
    const { transcriptHash } = await scene.set();
    expect(replies.map(({ reply }) => reply)).toMatchObject([{ label, capsuleHash, transcriptHash }]);
  });

  test('works with two and with five hospitals', async () => {
    for (const hospitals of [
      ['Alder', 'Birch'],
      ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'],
    ]) {
      scene = await Scene.begin({ hospitals });
      const { intentId } = await scene.declare();
      const { replies } = await scene.consortium.release(0, intentId);
      expect(replies).toHaveLength(1);
      if (hospitals.length === 2) await scene.end();
    }
  });

  test('goes on with one of three hospitals down', async () => {
    scene = await Scene.begin();
    await scene.consortium.stop(2);
    const { intentId } = await scene.declare();
    const answers = await Promise.all([0, 1].map((at) => scene.consortium.release(at, intentId)));
    expect(answers.map(({ replies }) => replies.length)).toEqual([1, 1]);
  });

  test('a repeated question gets the same share, after the same checks, and is counted in the journal', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const [first] = (await scene.consortium.release(0, intentId)).replies;
    const [second] = (await scene.consortium.release(0, intentId)).replies;
    expect(second?.reply.sealed).toBe(first?.reply.sealed);
    expect(second?.reply.shareHash).toBe(first?.reply.shareHash);
    const { journal, identity } = scene.consortium.custodian(0);
    const lines = await journal.read(1);
    expect(lines.map(({ kind, decision, code, count }) => [kind, decision, code ?? count])).toEqual([
      ['release', 'permit', undefined],
      ['release', 'deny', 'NO_CONSENT'],
      ['release-repeated', 'permit', 2],
    ]);
    expect(
      verifyJournal(lines, { publicKeys: [identity.publicKey], from: { seq: 1, prevHash: EMPTY_HEAD } }),
    ).toBeUndefined();
    expect(second?.reply.journalHead).toBe(journal.head);
  });

  test('the journal line is there before the answer, and its head is in the answer', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const { replies } = await scene.consortium.release(1, intentId);
    expect(replies[0]?.reply.journalHead).toBe(scene.consortium.custodian(1).journal.head);
  });
});
