// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { MemoryVault } from '@tutela/ipfs-cluster/testing';
import {
  longestTurn,
  orderErasure,
  setScene,
  storeNote,
  type Scene,
  type TestGateway,
} from '../testing/index.js';
import { PartJournal } from './part-journal.js';

const HOSTILE = 'CedarMSP' as MspId;
const HONEST = 'AlderMSP' as MspId;
/** For so many milliseconds of the processor work may keep the event loop from others. */
const MOST_MS = 200;
const PARTS_OF_A_VERSION = 40_000;

type Hold = MemoryVault['hold'];

let scene: Scene;
let birch: TestGateway;

beforeEach(async () => {
  scene = await setScene();
  birch = scene.consortium.gateway(1);
});

const { cid: SOME_CID } = partDag(Buffer.from('a part'));
const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';

/** The identifier of a part or block that exists nowhere, made at little cost. */
function nowhere(number: number): string {
  const digits = [20, 15, 10, 5, 0].map((shift) => DIGITS.charAt((number >> shift) & 31));
  return `${SOME_CID.slice(0, 20)}${digits.join('')}${SOME_CID.slice(25)}`;
}

afterEach(() => {
  jest.restoreAllMocks();
});

/** Pages as the own peer lists them: versions of a hostile hospital that name parts without content, and one honest part. */
function listed(hostileVersions: number, honest: string): readonly object[] {
  const versions = Array.from({ length: hostileVersions }, (_, of) => ({
    ...{ recordId: `record-${String(of)}` as RecordId, version: 1, author: HOSTILE },
    cids: Array.from({ length: PARTS_OF_A_VERSION }, (__, part) => nowhere(of * PARTS_OF_A_VERSION + part)),
  }));
  const last = { recordId: 'record-z' as RecordId, version: 1, author: HONEST, cids: [honest] };
  return [...versions, last].map((version, index) => ({
    versions: [version],
    ...(index < versions.length && { bookmark: String(index + 1) }),
  }));
}

/** Has the own peer list these pages. */
function list({ deps: { ledger } }: TestGateway, pages: readonly object[]): void {
  const ask = ledger.askOwnPeer.bind(ledger) as (name: string, request: object) => Promise<object>;
  const answer = (name: string, request: Readonly<{ bookmark?: string }>): Promise<object> =>
    name === 'record:ListPins'
      ? Promise.resolve(pages[Number(request.bookmark ?? 0)] ?? { versions: [] })
      : ask(name, request);
  Object.assign(ledger, { askOwnPeer: answer });
}

describe('a round of the reconciliation', () => {
  test('attack 44: a round of repair holds an honest part and lets other work go on, although another hospital names parts without end', async () => {
    const { cid } = await scene.alder.deps.storage.add(Buffer.from('an honest part'));
    list(birch, listed(5, cid));
    // What exists nowhere is waited for in vain, for as short a time as will do.
    const hold = Object.getOwnPropertyDescriptor(MemoryVault.prototype, 'hold')?.value as Hold;
    jest.spyOn(MemoryVault.prototype, 'hold').mockImplementation(function (this: MemoryVault, part, limits) {
      return hold.call(this, part, { ...limits, deadlineMs: 10 });
    });
    expect(await longestTurn(() => birch.reconcile())).toBeLessThan(MOST_MS);
    expect(scene.consortium.swarm.holdersOf(cid)).toContain(birch.mspId);
  }, 120_000);
});

describe('an erasure at a hospital that stored much', () => {
  test('attack 44: an erasure at a hospital that stored much keeps its gateway from no other work', async () => {
    const { alder } = scene;
    const journal = new PartJournal(alder.deps.state);
    for (let part = 0; part < 50_000; part += 1) {
      const blocks = Array.from({ length: 5 }, (_, block) => nowhere(5 * part + block));
      const [cid = ''] = blocks;
      journal.added({ cid, size: 1, blocks }, { recordId: `other-${String(part % 100)}`, version: 1 }, 1);
    }
    const { erasures } = alder.services;
    const { recordId } = await storeNote(scene, 'to be erased');
    await orderErasure(scene, recordId);
    let confirmed = 0;
    const longest = await longestTurn(async () => {
      confirmed = await erasures.confirmPending();
    });
    expect(confirmed).toBe(1);
    expect(longest).toBeLessThan(MOST_MS);
  }, 120_000);
});
