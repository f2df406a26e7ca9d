// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Month, MspId } from '@tutela/chaincode/domain';
import { TestWorld } from '@tutela/chaincode/testing';
import { systemRandom } from '@tutela/crypto';
import { memoryAttempt, TestConsortium, type CustodianFault } from '../testing/index.js';
import { sharesOnOneChain } from './release-replies.js';

const CONTENT = Buffer.from('a letter that is good');
const [ALDER, BIRCH, CEDAR, DOGWOOD, ELM] = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'].map(
  (id) => `${id}MSP` as MspId,
) as [MspId, MspId, MspId, MspId, MspId];

let consortium: TestConsortium;
let open: () => Promise<Readonly<{ text: string; accused: readonly MspId[] }>>;

/** A letter that alder stored and a reader of birch may open, in a consortium of some hospitals. */
async function letterAmong(ids: readonly string[]): Promise<void> {
  consortium = new TestConsortium(await TestWorld.found(ids));
  const [alder, birch] = [consortium.gateway(0), consortium.gateway(1)];
  const patient = await consortium.world.patient(alder.hospital);
  const [author, reader] = [await alder.person('physician'), await birch.person('physician')];
  const { handle } = patient;
  const month = '2026-02' as Month;
  const facts = { handle, category: 'notes', class: 'standard', month, contentType: 'text/plain' } as const;
  const bytes = (async function* () {
    yield await Promise.resolve(CONTENT);
  })();
  const { recordId } = await alder.services.storeRecord.storeContent(author, facts, bytes, memoryAttempt());
  const { practitionerId } = reader;
  await consortium.world.grant(patient, { grantee: { kind: 'person', mspId: birch.mspId, practitionerId } });
  open = async () => {
    const basis = { kind: 'consent' } as const;
    const opened = await birch.services.openRecord.openRecord(reader, { recordId, purpose: 'TREAT', basis });
    const pieces: Uint8Array[] = [];
    for await (const piece of opened.body) pieces.push(piece.slice());
    return { text: Buffer.concat(pieces).toString(), accused: opened.accused };
  };
}

/** One custodian misbehaves and answers first; the others follow. */
function liesFirst(liar: MspId, fault: CustodianFault, others: readonly MspId[]): void {
  consortium.custodians.faults.set(liar, fault);
  for (const other of others) consortium.custodians.faults.set(other, { kind: 'slow', ms: 300 });
}

async function accusations(): Promise<readonly object[]> {
  const reader = await consortium.gateway(1).person('auditor');
  return (await consortium.gateway(1).services.custody.view(reader)).accusations;
}

function acts(): readonly string[] {
  return consortium.channel.messages.map(({ event }) => event.act);
}

describe('attack 42: a custodian’s malformed reply', () => {
  beforeEach(() => letterAmong(['Alder', 'Birch', 'Cedar']));

  test.each([
    ['no byte', new Uint8Array(0)],
    ['one byte', systemRandom(1)],
    ['95 bytes', systemRandom(95)],
    ['97 bytes', systemRandom(97)],
    ['as many bytes as a reply can hold', systemRandom(252)],
    ['96 bytes that are no point and no proof', new Uint8Array(96).fill(255)],
    ['the identity', new Uint8Array(96)],
  ])(
    'that holds %s convicts its signer, the others are read, and no content is called corrupt',
    async (_, share) => {
      liesFirst(ALDER, { kind: 'malformed', share }, [BIRCH, CEDAR]);
      expect(await open()).toEqual({ text: CONTENT.toString(), accused: [ALDER] });
      expect(await accusations()).toMatchObject([{ custodian: ALDER, accuser: BIRCH }]);
      expect(acts()).not.toContain('content-corrupt');
    },
  );

  test('that is the only one beside a custodian that is down opens nothing, and still convicts its signer', async () => {
    liesFirst(ALDER, { kind: 'malformed', share: systemRandom(95) }, [BIRCH]);
    consortium.custodians.faults.set(CEDAR, { kind: 'down' });
    await expect(open()).rejects.toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
    expect(await accusations()).toMatchObject([{ custodian: ALDER, accuser: BIRCH }]);
    expect(acts()).not.toContain('content-corrupt');
  });

  test.each(['unopenable', 'other-hash', 'stray-bits'] as const)(
    'that is %s is left out, and accuses nobody of what the reader alone can see',
    async (kind) => {
      liesFirst(ALDER, { kind }, [BIRCH, CEDAR]);
      expect(await open()).toEqual({ text: CONTENT.toString(), accused: [] });
      expect(await accusations()).toEqual([]);
      expect(acts()).not.toContain('content-corrupt');
    },
  );
});

describe('attack §15.18: shares given on two chains', () => {
  test('three of five of which two contradict each other do not combine, whatever height the third names', async () => {
    await letterAmong(['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm']);
    consortium.custodians.faults.set(ALDER, { kind: 'forked' });
    consortium.custodians.faults.set(CEDAR, { kind: 'forked', height: 8 });
    for (const down of [DOGWOOD, ELM]) consortium.custodians.faults.set(down, { kind: 'down' });
    await expect(open()).rejects.toMatchObject({ code: 'PEER_FORKED' });
  });

  test.each(['label', 'capsule'] as const)(
    'attack 42: a reply for another %s than the ledger’s is no share, stops no reading and accuses no custodian',
    async (what) => {
      await letterAmong(['Alder', 'Birch', 'Cedar']);
      liesFirst(ALDER, { kind: `other-${what}` }, [BIRCH, CEDAR]);
      expect(await open()).toEqual({ text: CONTENT.toString(), accused: [] });
      expect(await accusations()).toEqual([]);
      expect(acts()).not.toContain('content-corrupt');
    },
  );

  test('attack 28: one false share that names another block leaves the two honest ones at different heights enough', async () => {
    await letterAmong(['Alder', 'Birch', 'Cedar']);
    liesFirst(ALDER, { kind: 'forked', lies: true }, [BIRCH]);
    consortium.custodians.faults.set(CEDAR, { kind: 'forked', height: 8 });
    expect(await open()).toEqual({ text: CONTENT.toString(), accused: [ALDER] });
  });

  test('those count that agree pairwise: of each height the block that most of them name', () => {
    const at = (height: number, blockHash: string) => ({ height, blockHash });
    const chainOf = (...places: readonly { height: number; blockHash: string }[]) =>
      sharesOnOneChain(places, (place) => place);
    expect(chainOf(at(7, 'X'), at(7, 'Y'), at(8, 'Z'))).toHaveLength(2);
    expect(chainOf(at(7, 'X'), at(7, 'Y'), at(7, 'Y'))).toEqual([at(7, 'Y'), at(7, 'Y')]);
    expect(chainOf(at(7, 'X'), at(8, 'Y'))).toHaveLength(2);
    expect(chainOf()).toEqual([]);
  });
});
