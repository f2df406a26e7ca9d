// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import {
  DomainError,
  MAX_PARTS_IN_QUESTION,
  MAX_PARTS_TO_KEEP,
  type Custodian,
  type MspId,
} from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import type { CopyCustodians } from '../keys/keys.js';
import { createCustodianNodes } from './custodian-nodes.js';

const [ALDER, BIRCH, CEDAR, DOGWOOD] = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP'] as MspId[] as [
  MspId,
  MspId,
  MspId,
  MspId,
];

// What else the ledger says of a custodian plays no part here.
const custodian = (mspId: MspId, status = 'active'): Custodian => ({ mspId, status }) as Custodian;
const onLedger = [custodian(ALDER), custodian(BIRCH), custodian(CEDAR), custodian(DOGWOOD, 'banned')];

const partsOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => partDag(Buffer.from(`part ${String(index)}`)).cid);

type Asked = readonly [what: string, hospital: MspId, parts: number];

/** Alder's view of the others, whose custodians keep everything; and what they were asked. */
function nodesOfAlder() {
  const asked: Asked[] = [];
  const answers =
    (what: string): CopyCustodians['keepCopies'] =>
    ({ mspId }, cids) => {
      asked.push([what, mspId, cids.length]);
      return Promise.resolve(cids);
    };
  const copies = { keepCopies: answers('keep'), keptCopies: answers('kept') };
  const nodes = createCustodianNodes({ mspId: ALDER, copies, custodians: () => Promise.resolve(onLedger) });
  return { nodes, asked, copies };
}

describe('the nodes of other hospitals', () => {
  test('are those of the hospitals with a custodian on the ledger, without the own one', async () => {
    expect(await nodesOfAlder().nodes.hospitals()).toEqual([BIRCH, CEDAR]);
  });

  test('are asked by requests that a custodian takes, each part once', async () => {
    const { nodes, asked } = nodesOfAlder();
    const parts = partsOf(MAX_PARTS_IN_QUESTION + 1);
    expect(await nodes.keep(BIRCH, [...parts.slice(0, 70), ...parts.slice(0, 70)])).toEqual(
      parts.slice(0, 70),
    );
    expect(await nodes.kept(CEDAR, parts)).toEqual(parts);
    expect(await nodes.keep(CEDAR, [])).toEqual([]);
    expect(asked).toEqual([
      ['keep', BIRCH, MAX_PARTS_TO_KEEP],
      ['keep', BIRCH, 70 - MAX_PARTS_TO_KEEP],
      ['kept', CEDAR, MAX_PARTS_IN_QUESTION],
      ['kept', CEDAR, 1],
    ]);
  });

  test.each([ALDER, DOGWOOD, 'ElmMSP' as MspId])(
    'of which none is %s are not asked in its name',
    async (of) => {
      const { nodes, asked } = nodesOfAlder();
      await expect(nodes.keep(of, partsOf(1))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      await expect(nodes.kept(of, partsOf(1))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      expect(asked).toEqual([]);
    },
  );

  test('attack 40: that do not answer, or not to an end, are given up in time', async () => {
    const answer = (_custodian: unknown, _cids: unknown, signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        const giveUp = (): void => {
          reject(new DomainError('TOO_FEW_CUSTODIANS', 'given up'));
        };
        if (signal.aborted) giveUp();
        signal.addEventListener('abort', giveUp);
      });
    const nodes = createCustodianNodes({
      ...{ mspId: ALDER, copies: { keepCopies: answer, keptCopies: answer }, answerMs: 50 },
      custodians: () => Promise.resolve(onLedger),
    });
    const givenUp = { code: 'TOO_FEW_CUSTODIANS' };
    await expect(nodes.keep(BIRCH, partsOf(1))).rejects.toMatchObject(givenUp);
    const leaving = new AbortController();
    const asked = nodes.kept(BIRCH, partsOf(1), leaving.signal);
    leaving.abort();
    await expect(asked).rejects.toMatchObject(givenUp);
  });

  test('that refuse: their code is thrown', async () => {
    const { nodes, copies } = nodesOfAlder();
    copies.keepCopies = () => Promise.reject(new DomainError('RATE_LIMITED', 'as the test says'));
    await expect(nodes.keep(BIRCH, partsOf(1))).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});
