// SPDX-License-Identifier: Apache-2.0
import { KeyObject } from 'node:crypto';
import {
  decodeBase64url,
  encodeBase64url,
  encodeShare,
  makeShare,
  sealCapsule,
  sha256,
} from '@tutela/crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { tagged } from '../domain/codec.js';
import { RELEASE_SIGNATURE_PREFIX, type CustodianSet } from '../domain/custody.js';
import { DEGRADED_REPLY_PREFIX } from '../domain/degraded.js';
import type { MspId } from '../domain/ids.js';
import type { Identity } from '../testing/identity.js';
import { newKey, signBytes, type TestPatient } from '../testing/patient.js';
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

const current = async (world: TestWorld) =>
  (await world.run(world.hospital(0).custodian, 'custody:GetCurrent', {})).answer as CustodianSet;

describe('attack 28: a custodian that answers wrongly', () => {
  const secretOf = (world: TestWorld, of: MspId) => {
    const share = world.shares.get(of);
    if (share === undefined) throw new Error('no share');
    return share;
  };

  async function evidence(
    world: TestWorld,
    liar: 'honest' | 'lying',
    sealed?: Uint8Array,
    of: PreparedRecord = record,
  ) {
    const { mspId, custodian } = world.hospital(2);
    const [label] = of.request.labels;
    const [first] = of.vault.capsules;
    const { publicKey, epoch, transcriptHash } = await current(world);
    const context = { publicKey: decodeBase64url(publicKey), label: decodeBase64url(label?.label ?? '') };
    const { secret } = secretOf(world, liar === 'honest' ? mspId : world.hospital(0).mspId);
    const capsule = decodeBase64url(first?.capsule ?? '');
    const made = makeShare(context, capsule, { epoch, index: 3, secret });
    const share = sealed ?? encodeShare(made);
    const hash = world.names.bytes32();
    const { recordId, version } = record.request;
    const reply = {
      v: 2,
      suite: 1,
      channel: 'tutela',
      intentId: world.names.id('intent'),
      segment: { recordId, version, segmentId: label?.segmentId },
      label: label?.label,
      capsuleHash: encodeBase64url(sha256(capsule)),
      transcriptHash,
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
    const listed = await world.run(reader, 'custody:ListAccusations', {
      custodian: 'CedarMSP',
      pageSize: 10,
    });
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

  /** The same accusation about a reply that says something else, signed by the same custodian. */
  function signedAgain<T extends { evidence: { reply: object } }>(
    world: TestWorld,
    accusation: T,
    change: object,
  ) {
    const reply = { ...accusation.evidence.reply, ...change };
    const key = KeyObject.from(world.hospital(2).custodian.keys.privateKey);
    const signature = signBytes(key, tagged(RELEASE_SIGNATURE_PREFIX, reply));
    return { ...accusation, evidence: { reply, signature } };
  }

  /** The same lie, told while the ledger stalled: a request's hash stands in the place of the intent. */
  async function degradedEvidence(
    world: TestWorld,
    liar: 'honest' | 'lying',
    prefix = DEGRADED_REPLY_PREFIX,
    about: PreparedRecord = record,
  ) {
    const { evidence: of, ...others } = await evidence(world, liar, undefined, about);
    const { intentId, ...said } = of.reply;
    expect(intentId).toMatch(/^in_/);
    const reply = { ...said, requestHash: world.names.bytes32() };
    const key = KeyObject.from(world.hospital(2).custodian.keys.privateKey);
    return { ...others, evidence: { reply, signature: signBytes(key, tagged(prefix, reply)) } };
  }

  test('attack 28: a false share that was given while the ledger stalled convicts its custodian too', async () => {
    const world = base.fork();
    const accusation = await degradedEvidence(world, 'lying');
    const { answer } = await world.run(reader, 'custody:Accuse', accusation);
    expect(answer).toMatchObject({ custodian: 'CedarMSP', accuser: 'BirchMSP' });
    const refuse = (request: unknown, code: string) =>
      expect(world.run(reader, 'custody:Accuse', request)).rejects.toMatchObject({ code });
    await refuse(await degradedEvidence(world, 'honest'), 'BAD_REQUEST');
    await refuse(await degradedEvidence(world, 'lying', RELEASE_SIGNATURE_PREFIX), 'SIGNATURE_INVALID');
  });

  test('attack 28 and 42: a share of another manifest of the same record, true or not, convicts no custodian that a fork deceived', async () => {
    const world = base.fork();
    const { recordId, version } = record.request;
    const another = await world.prepare(patient, [{ category: 'notes' }], { recordId, version });
    const [label] = record.request.labels;
    for (const liar of ['honest', 'lying'] as const) {
      const segment = { recordId, version, segmentId: label?.segmentId };
      const request = signedAgain(world, await evidence(world, liar, undefined, another), { segment });
      await expect(world.run(reader, 'custody:Accuse', request)).rejects.toMatchObject({
        code: 'REPLY_MISMATCH',
      });
    }
  });

  test('attack 28 and 42: a share of another capsule of the very same manifest, true or not, convicts no custodian that a fork deceived', async () => {
    const world = base.fork();
    const [[label], { publicKey }] = [record.request.labels, await current(world)];
    const context = { publicKey: decodeBase64url(publicKey), label: decodeBase64url(label?.label ?? '') };
    const capsule = encodeBase64url(sealCapsule(context, new Uint8Array(32).fill(9)));
    const capsules = record.vault.capsules.map((one) => ({ ...one, capsule }));
    const onFork = { ...record, vault: { ...record.vault, capsules } };
    for (const accusation of [
      await evidence(world, 'honest', undefined, onFork),
      await evidence(world, 'lying', undefined, onFork),
      await degradedEvidence(world, 'honest', DEGRADED_REPLY_PREFIX, onFork),
    ])
      await expect(world.run(reader, 'custody:Accuse', accusation)).rejects.toMatchObject({
        code: 'REPLY_MISMATCH',
      });
  });

  test('attack 28 and 42: a share of another key of the same epoch convicts no custodian that a fork deceived', async () => {
    const world = base.fork();
    const accusation = await evidence(world, 'lying');
    const another = signedAgain(world, accusation, { transcriptHash: world.names.bytes32() });
    await expect(world.run(reader, 'custody:Accuse', another)).rejects.toMatchObject({
      code: 'REPLY_MISMATCH',
    });
  });

  test('attack 42: stray bits in a signature accuse no custodian', async () => {
    const world = base.fork();
    const lie = await evidence(world, 'lying');
    const { signature } = lie.evidence;
    const stray = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(85) + 1)}`;
    await expect(
      world.run(reader, 'custody:Accuse', { ...lie, evidence: { ...lie.evidence, signature: stray } }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('attack 38: a liar that has changed its signing key since is convicted all the same', async () => {
    const world = base.fork();
    const accusation = await evidence(world, 'lying');
    const { custodian } = world.hospital(2);
    const { publicKey } = newKey();
    await world.run(custodian, 'registry:RegisterCustodian', { url: 'https://localhost:7000', publicKey });
    const { answer } = await world.run(reader, 'custody:Accuse', accusation);
    expect(answer).toMatchObject({ custodian: 'CedarMSP' });
  });

  test('a share that verifies, one that was not signed, and a forged signature accuse no custodian', async () => {
    const world = base.fork();
    const honest = await evidence(world, 'honest');
    const lie = await evidence(world, 'lying');
    const refuse = (request: unknown, code: string) =>
      expect(world.run(reader, 'custody:Accuse', request)).rejects.toMatchObject({ code });
    await refuse(honest, 'BAD_REQUEST');
    await refuse({ ...honest, share: lie.share }, 'SHARE_INVALID');
    await refuse({ ...lie, custodian: 'AlderMSP' }, 'SIGNATURE_INVALID');
    const widened = { ...lie.evidence, reply: { ...lie.evidence.reply, epoch: 2 } };
    await refuse({ ...lie, evidence: widened }, 'SIGNATURE_INVALID');
  });
});
