// SPDX-License-Identifier: Apache-2.0
import { KeyObject } from 'node:crypto';
import { decodeBase64url, encodeBase64url, encodeShare, makeShare, sha256 } from '@tutela/crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { tagged } from '../domain/codec.js';
import { RELEASE_SIGNATURE_PREFIX, type CustodianSet, type StartCeremony } from '../domain/custody.js';
import type { MspId } from '../domain/ids.js';
import { confirmAll, ceremonyOf, dealAll, joinAll, runCeremony } from '../testing/ceremony.js';
import type { Identity } from '../testing/identity.js';
import { signBytes, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let reader: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  const author = await base.practitioner(base.hospital(0), 'physician');
  reader = await base.practitioner(base.hospital(1), 'physician');
  patient = await base.patient(base.hospital(0));
  record = await base.store(author, patient, [{ category: 'notes' }]);
});

const custodiansOf = (world: TestWorld) =>
  new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
const membersOf = (world: TestWorld) => world.hospitals.map(({ mspId }) => mspId);
const plan = (world: TestWorld, change: Partial<StartCeremony> = {}): StartCeremony => ({
  ceremonyId: world.names.id('ceremony') as never,
  kind: 'refresh',
  threshold: 2,
  members: membersOf(world),
  ...change,
});
const current = async (world: TestWorld) =>
  (await world.run(world.hospital(0).custodian, 'custody:GetCurrent', {})).answer as CustodianSet;

describe('who keeps the key', () => {
  test('a refresh keeps the public key, changes every share, and counts one epoch up', async () => {
    const world = base.fork();
    const before = await current(world);
    await runCeremony(world.ledger, custodiansOf(world), plan(world), world.shares);
    const after = await current(world);
    expect(after).toMatchObject({ epoch: 2, publicKey: before.publicKey, kid: before.kid, threshold: 2 });
    expect(after.verificationKeys).not.toEqual(before.verificationKeys);
    const first = await world.run(world.hospital(0).custodian, 'custody:GetEpoch', { epoch: 1 });
    expect(first.answer).toEqual(before);
  });

  test.each<[string, (world: TestWorld) => Partial<StartCeremony>]>([
    ['a second key', () => ({ kind: 'dkg' })],
    ['a threshold below a majority', () => ({ kind: 'reshare', threshold: 1 })],
    ['a threshold above the members', () => ({ kind: 'reshare', threshold: 4 })],
    [
      'a set of one’s own',
      (world) => ({ kind: 'reshare', threshold: 1, members: membersOf(world).slice(0, 1) }),
    ],
    [
      'a member twice',
      (world) => ({ kind: 'reshare', members: ['AlderMSP', 'AlderMSP', ...membersOf(world)] as MspId[] }),
    ],
    [
      'a member nobody knows',
      () => ({ kind: 'reshare', members: ['AlderMSP', 'BirchMSP', 'ElmMSP'] as MspId[] }),
    ],
    ['too few dealers', () => ({ dealers: ['AlderMSP'] as MspId[] })],
    ['a refresh that leaves someone out', (world) => ({ members: membersOf(world).slice(0, 2) })],
  ])('a ceremony for %s is refused', async (_what, change) => {
    const world = base.fork();
    const start = world.run(world.hospital(0).custodian, 'custody:StartCeremony', plan(world, change(world)));
    await expect(start).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('nobody but a custodian starts or joins, and only one ceremony is open', async () => {
    const world = base.fork();
    await expect(world.run(reader, 'custody:StartCeremony', plan(world))).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    await world.run(world.hospital(0).custodian, 'custody:StartCeremony', plan(world));
    await expect(
      world.run(world.hospital(1).custodian, 'custody:StartCeremony', plan(world)),
    ).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('an old key dealt anew is not active before as many confirmed as can use it, and lies do not count', async () => {
    const world = base.fork();
    const custodians = custodiansOf(world);
    const start = plan(world);
    const { ceremonyId } = start;
    const previous = await current(world);
    const [first, second] = [world.hospital(0).custodian, world.hospital(1).custodian];
    const activate = () => world.run(first, 'custody:Activate', { ceremonyId });
    await world.run(first, 'custody:StartCeremony', start);
    await expect(activate()).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    await joinAll(world.ledger, custodians, start);
    const ceremony = await ceremonyOf(world.ledger, first, start);
    await dealAll(world.ledger, custodians, { ceremony, previous, old: world.shares });
    await world.run(second, 'custody:Confirm', { ceremonyId, transcriptHash: world.names.bytes32() });
    const dealt = await ceremonyOf(world.ledger, first, start);
    await confirmAll(world.ledger, custodians, dealt, previous, dealt.members.slice(0, 1));
    await expect(activate()).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    await confirmAll(world.ledger, custodians, dealt, previous, dealt.members.slice(2));
    await activate();
    expect((await current(world)).epoch).toBe(2);
    await expect(activate()).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('a dealing that does not continue the dealer’s old share is refused', async () => {
    const world = base.fork();
    const custodians = custodiansOf(world);
    const start = plan(world);
    await world.run(world.hospital(0).custodian, 'custody:StartCeremony', start);
    await joinAll(world.ledger, custodians, start);
    const ceremony = await ceremonyOf(world.ledger, world.hospital(0).custodian, start);
    const fresh = dealAll(world.ledger, custodians, { ceremony, previous: undefined, old: new Map() });
    await expect(fresh).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });
});

describe('attack: hospitals that come early cannot deal the first key among themselves', () => {
  test.each([1, 2])('with %i of three founders there', async (count) => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar'].slice(0, count), false, 3);
    const start = plan(world, { kind: 'dkg', threshold: count });
    await expect(
      world.run(world.hospital(0).custodian, 'custody:StartCeremony', start),
    ).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    expect((await world.run(world.hospital(0).custodian, 'custody:GetOpenCeremony', {})).answer).toEqual({});
  });

  test('with the third there already and left out', async () => {
    const world = await TestWorld.found(undefined, false);
    const start = plan(world, { kind: 'dkg', members: membersOf(world).slice(0, 2) });
    const starting = world.run(world.hospital(0).custodian, 'custody:StartCeremony', start);
    await expect(starting).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });
});

describe('attack 28: a custodian that answers wrongly', () => {
  const secretOf = (world: TestWorld, of: MspId) => {
    const share = world.shares.get(of);
    if (share === undefined) throw new Error('no share');
    return share;
  };

  async function evidence(world: TestWorld, liar: 'honest' | 'lying', sealed?: Uint8Array) {
    const { mspId, custodian } = world.hospital(2);
    const [label] = record.request.labels;
    const [first] = record.vault.capsules;
    const { publicKey, epoch } = await current(world);
    const context = { publicKey: decodeBase64url(publicKey), label: decodeBase64url(label?.label ?? '') };
    const { secret } = secretOf(world, liar === 'honest' ? mspId : world.hospital(0).mspId);
    const made = makeShare(context, decodeBase64url(first?.capsule ?? ''), { epoch, index: 3, secret });
    const share = sealed ?? encodeShare(made);
    const hash = world.names.bytes32();
    const { recordId, version } = record.request;
    const reply = {
      v: 1,
      suite: 1,
      channel: 'tutela',
      intentId: world.names.id('intent'),
      segment: { recordId, version, segmentId: label?.segmentId },
      label: label?.label,
      epoch,
      index: 3,
      sealed: 'AAAA',
      shareHash: encodeBase64url(sha256(share)),
      height: 9,
      blockHash: hash,
      journalHead: hash,
    };
    const key = KeyObject.from(custodian.keys.privateKey);
    const signature = signBytes(key, tagged(RELEASE_SIGNATURE_PREFIX, reply));
    return { custodian: mspId, evidence: { reply, signature }, share: encodeBase64url(share) };
  }

  test('a signed share that does not verify is put on the ledger against its custodian, once', async () => {
    const world = base.fork();
    const accusation = await evidence(world, 'lying');
    const { answer } = await world.run(reader, 'custody:Accuse', accusation);
    expect(answer).toMatchObject({ custodian: 'CedarMSP', accuser: 'BirchMSP' });
    const listed = await world.run(reader, 'custody:ListAccusations', {});
    expect(listed.answer).toEqual({ accusations: [answer] });
    await expect(world.run(reader, 'custody:Accuse', accusation)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });

  test.each([
    ['no byte', 0],
    ['95 bytes', 95],
    ['as many bytes as a seal can hold', 252],
  ])('attack 42: a signed share of %s is put on the ledger against its custodian', async (_, length) => {
    const world = base.fork();
    const accusation = await evidence(world, 'lying', new Uint8Array(length).fill(7));
    const { answer } = await world.run(reader, 'custody:Accuse', accusation);
    expect(answer).toMatchObject({ custodian: 'CedarMSP', accuser: 'BirchMSP' });
  });

  test('attack 42: stray bits in a signature accuse nobody', async () => {
    const world = base.fork();
    const lie = await evidence(world, 'lying');
    const { signature } = lie.evidence;
    const stray = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(85) + 1)}`;
    await expect(
      world.run(reader, 'custody:Accuse', { ...lie, evidence: { ...lie.evidence, signature: stray } }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('a share that verifies, one that was not signed, and a forged signature accuse nobody', async () => {
    const world = base.fork();
    const honest = await evidence(world, 'honest');
    const lie = await evidence(world, 'lying');
    const refuse = (request: unknown, code: string) =>
      expect(world.run(reader, 'custody:Accuse', request)).rejects.toMatchObject({ code });
    await refuse(honest, 'CONFLICT');
    await refuse({ ...honest, share: lie.share }, 'SHARE_INVALID');
    await refuse({ ...lie, custodian: 'AlderMSP' }, 'SIGNATURE_INVALID');
    const widened = { ...lie.evidence, reply: { ...lie.evidence.reply, epoch: 2 } };
    await refuse({ ...lie, evidence: widened }, 'SIGNATURE_INVALID');
  });
});
