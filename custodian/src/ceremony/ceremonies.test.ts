// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DomainError, type CustodianSet } from '@tutela/chaincode/domain';
import { transcriptHashOf } from '@tutela/chaincode/testing';
import { decodeBase64url, sealCapsule, sha256, utf8 } from '@tutela/crypto';
import { waitUntil } from '../freshness/wait-until.js';
import type { Block } from '../ledger/ledger.js';
import { InProcessConsortium } from '../testing/in-process-consortium.js';
import { openCapsule } from '../testing/reader.js';
import { makeShare } from '@tutela/crypto';
import { startCeremony, type DesiredCeremony } from './start-ceremony.js';

let consortium: InProcessConsortium;
afterEach(() => consortium.close());

const REGISTERED = ['AlderMSP', 'BirchMSP', 'CedarMSP'];

async function begin(desired: DesiredCeremony, at = 0): Promise<string> {
  const active = await consortium.custodian(at).custody.refresh();
  return startCeremony(consortium.at(at).peer, desired, { active, registered: REGISTERED, livePeers: [] });
}

/** The operators of these hospitals approve a ceremony. */
async function approve(ceremonyId: string, places: readonly number[]): Promise<void> {
  for (const at of places) await consortium.custodian(at).ceremonies.approve(ceremonyId);
}

/** Waits for something that custodians bring about with the next blocks. */
function soon(condition: () => boolean): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(condition, changes, 20_000);
}

function isAtEpoch(epoch: number, places: readonly number[] = [0, 1, 2]): Promise<boolean> {
  return soon(() => places.every((at) => consortium.custodian(at).custody.active?.epoch === epoch));
}

/** Whether exactly these custodians' own shares open a fresh capsule under the active key. */
function opens(set: CustodianSet, places: readonly number[]): boolean {
  const key = sha256(utf8('some key'));
  const label = sha256(utf8('some label'));
  const context = { publicKey: decodeBase64url(set.publicKey), label };
  const capsule = sealCapsule(context, key);
  const shares = places.map((at) =>
    makeShare(context, capsule, consortium.custodian(at).custody.shareOf(set)),
  );
  const found = openCapsule(shares, {
    capsule: Buffer.from(capsule).toString('base64url'),
    label: Buffer.from(label).toString('base64url'),
    set,
  });
  return Buffer.from(found).equals(key);
}

function active(at = 0): CustodianSet {
  const set = consortium.custodian(at).custody.active;
  if (set === undefined) throw new Error('no active set');
  return set;
}

async function files(at: number, folder: 'shares' | 'ceremonies'): Promise<number> {
  return (await readdir(join(consortium.at(at).settings.stateDir, folder))).length;
}

type DealRequest = Readonly<{
  dealing: Readonly<{ subShares: readonly Readonly<{ recipient: number; sealed: string }>[] }>;
}>;

function withRubbishFor(recipient: number, request: DealRequest): object {
  const subShares = request.dealing.subShares.map((one) =>
    one.recipient === recipient
      ? { ...one, sealed: `${one.sealed.slice(0, 60)}${'A'.repeat(one.sealed.length - 60)}` }
      : one,
  );
  return { ...request, dealing: { ...request.dealing, subShares } };
}

/** The first custodian complains of what the second dealt, whatever that was. */
async function complain(ceremonyId: string): Promise<void> {
  const ceremony = await consortium.custodian(0).ceremonies.find(ceremonyId);
  const transcriptHash = transcriptHashOf(ceremony, undefined);
  await consortium.at(0).peer.submit('custody:Complain', { ceremonyId, dealer: 'BirchMSP', transcriptHash });
}

/** What a peer answers, with the complaints in it about another transcript. */
function withComplaintsAbout(transcriptHash: string, answer: unknown): unknown {
  const text = JSON.stringify(answer, (name, value: unknown) =>
    name === 'complaints' && Array.isArray(value)
      ? value.map((one: object) => ({ ...one, transcriptHash }))
      : value,
  );
  return JSON.parse(text);
}

function isAborted(block: Block): boolean {
  return block.transactions.some(({ entry }) => entry?.act === 'ceremony-aborted');
}

function isDisputed(block: Block): boolean {
  return block.transactions.some(({ entry }) => entry?.act === 'ceremony-complained');
}

describe('ceremonies', () => {
  test('a key is made by all and opened by any two', async () => {
    consortium = await InProcessConsortium.found({ withKey: false });
    await begin({ kind: 'dkg' });
    expect(await isAtEpoch(1)).toBe(true);
    for (const pair of [
      [0, 1],
      [1, 2],
      [0, 2],
    ])
      expect(opens(active(), pair)).toBe(true);
  });

  test('a refresh keeps the key, changes every share, and erases the old ones and the ceremony’s secrets', async () => {
    consortium = await InProcessConsortium.found();
    await Promise.all([0, 1, 2].map((at) => consortium.custodian(at).custody.refresh()));
    const before = active();
    await begin({ kind: 'refresh' }, 1);
    expect(await isAtEpoch(2)).toBe(true);
    expect(active().publicKey).toBe(before.publicKey);
    expect(active().verificationKeys).not.toEqual(before.verificationKeys);
    expect(opens(active(), [1, 2])).toBe(true);
    for (const at of [0, 1, 2]) await consortium.custodian(at).ceremonies.settled();
    for (const at of [0, 1, 2])
      expect([await files(at, 'shares'), await files(at, 'ceremonies')]).toEqual([1, 0]);
  });

  test('a custodian that leaves erases its share, and one that joins gets one', async () => {
    consortium = await InProcessConsortium.found();
    await approve(await begin({ kind: 'reshare', members: ['AlderMSP', 'BirchMSP'], threshold: 2 }), [0, 1]);
    expect(await isAtEpoch(2)).toBe(true);
    await consortium.custodian(2).ceremonies.settled();
    expect(await files(2, 'shares')).toBe(0);
    expect(() => consortium.custodian(2).custody.shareOf(active())).toThrow('no share');
    expect(opens(active(), [0, 1])).toBe(true);
    await approve(await begin({ kind: 'reshare' }), [0, 1, 2]);
    expect(await isAtEpoch(3)).toBe(true);
    expect(opens(active(), [0, 2])).toBe(true);
  });

  test('attack §15.7: shares of two epochs do not combine', async () => {
    consortium = await InProcessConsortium.found();
    await consortium.custodian(0).custody.refresh();
    const label = sha256(utf8('some label'));
    const context = { publicKey: decodeBase64url(active().publicKey), label };
    const capsule = sealCapsule(context, sha256(utf8('some key')));
    const old = makeShare(context, capsule, consortium.custodian(0).custody.shareOf(active()));
    await begin({ kind: 'refresh' });
    expect(await isAtEpoch(2)).toBe(true);
    const fresh = makeShare(context, capsule, consortium.custodian(1).custody.shareOf(active()));
    const asked = {
      capsule: Buffer.from(capsule).toString('base64url'),
      label: Buffer.from(label).toString('base64url'),
      set: active(),
    };
    expect(() => openCapsule([old, fresh], asked)).toThrow('several epochs');
    const relabelled = openCapsule([{ ...old, epoch: 2 }, fresh], asked);
    expect(Buffer.from(relabelled).equals(Buffer.from(sha256(utf8('some key'))))).toBe(false);
  });

  test.each(['custody:Join', 'custody:Deal', 'custody:Confirm'])(
    'attack §15.10: a custodian that is killed before its %s takes the step after its restart, and no key is lost',
    async (transaction) => {
      consortium = await InProcessConsortium.found();
      const { peer } = consortium.at(0);
      let refused = false;
      peer.refuse = (name) => {
        refused ||= name === transaction;
        return name === transaction;
      };
      await begin({ kind: 'refresh' }, 1);
      expect(await soon(() => refused)).toBe(true);
      await consortium.stop(0);
      peer.refuse = () => false;
      await consortium.start(0);
      expect(await isAtEpoch(2)).toBe(true);
      expect(opens(active(1), [0, 1])).toBe(true);
      expect(opens(active(1), [1, 2])).toBe(true);
    },
  );

  test('attack §15.10: as long as not all have confirmed, the old epoch stays usable', async () => {
    consortium = await InProcessConsortium.found();
    consortium.at(2).peer.refuse = (name) => name === 'custody:Confirm';
    const { custody } = consortium.custodian(0);
    await custody.refresh();
    const before = active();
    await begin({ kind: 'refresh' });
    expect(await soon(() => [0, 1].every((at) => consortium.custodian(at).shares.names().length === 2))).toBe(
      true,
    );
    expect((await custody.refresh())?.epoch).toBe(1);
    expect(opens(before, [0, 1])).toBe(true);
  });

  test('attack §15.8: a dealer that seals rubbish to one member is complained of, and no key becomes active', async () => {
    consortium = await InProcessConsortium.found({ withKey: false });
    consortium.at(1).peer.alter = (transaction, request) =>
      transaction === 'custody:Deal' ? withRubbishFor(1, request as DealRequest) : request;
    const ceremonyId = await begin({ kind: 'dkg' });
    const { ceremonies } = consortium.custodian(0);
    expect(await soon(() => consortium.channel.blocks.some(isAborted))).toBe(true);
    const ended = await ceremonies.find(ceremonyId);
    expect(ended.phase).toBe('aborted');
    expect(ended.complaints).toMatchObject([{ dealer: 'BirchMSP', from: 'AlderMSP', fault: 'BirchMSP' }]);
    expect(await consortium.custodian(0).custody.refresh()).toBeUndefined();
  });

  test('attack §15.8: a member that complains of a good sub-share is named, and the next ceremony makes a key', async () => {
    consortium = await InProcessConsortium.found({ withKey: false });
    const { peer } = consortium.at(0);
    peer.refuse = (name) => name === 'custody:Confirm';
    const ceremonyId = await begin({ kind: 'dkg' });
    expect(await soon(() => consortium.custodian(0).shares.names().length === 1)).toBe(true);
    await complain(ceremonyId);
    expect(await soon(() => consortium.channel.blocks.some(isAborted))).toBe(true);
    const ended = await consortium.custodian(0).ceremonies.find(ceremonyId);
    expect(ended.complaints).toMatchObject([{ dealer: 'BirchMSP', from: 'AlderMSP', fault: 'AlderMSP' }]);
    peer.refuse = () => false;
    await begin({ kind: 'dkg' }, 1);
    expect(await isAtEpoch(1)).toBe(true);
  });

  test('attack 43: a dealing that endorsers refuse and orderers keep back is answered for when it is ordered later', async () => {
    consortium = await InProcessConsortium.found({ withKey: false });
    const { hospital, peer } = consortium.at(1);
    const sent: object[] = [];
    const submit = peer.submit.bind(peer);
    peer.submit = (transaction, request) => {
      if (transaction !== 'custody:Deal') return submit(transaction, request);
      sent.push(request);
      return Promise.reject(new DomainError('CEREMONY_INVALID', 'what hostile endorsers answer'));
    };
    consortium.at(0).peer.refuse = (transaction) => transaction === 'custody:Confirm';
    const ceremonyId = await begin({ kind: 'dkg' });
    const looksAgain = (): boolean => {
      consortium.custodian(1).ceremonies.look();
      return sent.length > 1;
    };
    expect(await soon(looksAgain)).toBe(true);
    await consortium.world.run(hospital.custodian, 'custody:Deal', sent[0] ?? {});
    expect(await soon(() => consortium.custodian(0).shares.names().length === 1)).toBe(true);
    await complain(ceremonyId);
    expect(await soon(() => consortium.channel.blocks.some(isAborted))).toBe(true);
    const { complaints } = await consortium.custodian(0).ceremonies.find(ceremonyId);
    expect(complaints).toMatchObject([{ dealer: 'BirchMSP', from: 'AlderMSP', fault: 'AlderMSP' }]);
    expect(new Set(sent.map((request) => JSON.stringify(request))).size).toBe(1);
  });

  test('attack 27 and 43: a complaint about another transcript than the own peer has makes no dealer reveal what it dealt', async () => {
    consortium = await InProcessConsortium.found({ withKey: false });
    const { peer } = consortium.at(0);
    peer.refuse = (name) => name === 'custody:Confirm';
    const dealer = consortium.at(1).peer;
    const [sent, submit, evaluate] = [
      [] as string[],
      dealer.submit.bind(dealer),
      dealer.evaluate.bind(dealer),
    ];
    dealer.submit = (transaction, request) => {
      sent.push(transaction);
      return submit(transaction, request);
    };
    const hash = Buffer.alloc(32, 1).toString('base64url');
    dealer.evaluate = async (transaction, request) =>
      withComplaintsAbout(hash, await evaluate(transaction, request));
    const ceremonyId = await begin({ kind: 'dkg' });
    expect(await soon(() => consortium.custodian(0).shares.names().length === 1)).toBe(true);
    await complain(ceremonyId);
    expect(await soon(() => consortium.channel.blocks.some(isDisputed))).toBe(true);
    const { ceremonies } = consortium.custodian(1);
    ceremonies.look();
    await ceremonies.settled();
    expect(sent).toContain('custody:Deal');
    expect(sent).not.toContain('custody:Reveal');
    expect((await ceremonies.find(ceremonyId)).phase).toBe('disputed');
  });

  test('a complaint that its dealer has not answered is answered after a restart', async () => {
    consortium = await InProcessConsortium.found({ withKey: false });
    consortium.at(1).peer.alter = (transaction, request) =>
      transaction === 'custody:Deal' ? withRubbishFor(1, request as DealRequest) : request;
    consortium.at(1).peer.refuse = (name) => name === 'custody:Reveal';
    const ceremonyId = await begin({ kind: 'dkg' });
    const { ceremonies } = consortium.custodian(0);
    expect(await soon(() => consortium.channel.blocks.some(isDisputed))).toBe(true);
    expect((await ceremonies.find(ceremonyId)).phase).toBe('disputed');
    await consortium.stop(1);
    consortium.at(1).peer.refuse = () => false;
    await consortium.start(1);
    expect(await soon(() => consortium.channel.blocks.some(isAborted))).toBe(true);
    expect((await ceremonies.find(ceremonyId)).complaints).toMatchObject([{ fault: 'BirchMSP' }]);
  });

  test('an aborted ceremony leaves nothing behind', async () => {
    consortium = await InProcessConsortium.found();
    consortium.at(2).peer.refuse = (name) => name === 'custody:Confirm';
    const ceremonyId = await begin({ kind: 'refresh' });
    expect(await soon(() => consortium.custodian(0).shares.names().length === 2)).toBe(true);
    await consortium.at(0).peer.submit('custody:Abort', { ceremonyId });
    expect(await soon(() => [0, 1].every((at) => consortium.custodian(at).shares.names().length === 1))).toBe(
      true,
    );
    await Promise.all([0, 1].map((at) => consortium.custodian(at).ceremonies.settled()));
    for (const at of [0, 1]) expect(await files(at, 'ceremonies')).toBe(0);
    expect(active().epoch).toBe(1);
  });
});
