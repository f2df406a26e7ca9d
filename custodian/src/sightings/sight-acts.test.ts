// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import type { PendingActPage } from '@tutela/chaincode/domain';
import { nameRotation, rotationRequest, withNewKey } from '@tutela/chaincode/testing';
import { waitUntil } from '../freshness/wait-until.js';
import type { Block } from '../ledger/ledger.js';
import { InProcessConsortium } from '../testing/in-process-consortium.js';

let consortium: InProcessConsortium;
afterEach(() => consortium.close());

/** A rotation that was asked for at the first hospital and approved at the second; the approval's transaction. */
async function approved(): Promise<string> {
  const { world } = consortium;
  const patient = await world.patient(world.hospital(0));
  const request = rotationRequest(world, withNewKey(patient));
  await world.run(world.hospital(0).registrar, 'registry:RequestKeyRotation', request);
  const named = nameRotation(world, patient);
  return (await world.run(world.hospital(1).registrar, 'registry:ApproveKeyRotation', named)).txId;
}

async function seenBy(act: string): Promise<readonly string[]> {
  const { world } = consortium;
  const { answer } = await world.run(world.hospital(0).gateway, 'custody:ListPendingActs', {});
  return (answer as PendingActPage).acts.find((one) => one.act === act)?.seenBy ?? [];
}

/** Waits until as many hospitals have seen the act; the condition asks the ledger in memory. */
async function untilSeen(act: string, hospitals: readonly string[]): Promise<void> {
  const sighted = (): boolean =>
    hospitals.every((mspId) => `sighting/${act}/${mspId}` in consortium.world.ledger.world());
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  expect(await waitUntil(sighted, changes, 5_000)).toBe(true);
  expect(await seenBy(act)).toEqual(hospitals);
}

const ALL = ['AlderMSP', 'BirchMSP', 'CedarMSP'];

describe('acts with a public delay', () => {
  test('are reported by every custodian that sees them in a block, once each', async () => {
    consortium = await InProcessConsortium.found();
    await untilSeen(await approved(), ALL);
    await untilSeen(await approved(), ALL);
    const entries = consortium.channel.blocks.flatMap(({ transactions }) => transactions);
    const sightings = entries.filter(({ valid, entry }) => valid && entry?.act === 'act-sighted');
    expect(sightings).toHaveLength(6);
  });

  test('are found again by a custodian that was down when they happened', async () => {
    consortium = await InProcessConsortium.found();
    await consortium.stop(2);
    const act = await approved();
    await untilSeen(act, ALL.slice(0, 2));
    await consortium.start(2);
    await untilSeen(act, ALL);
  });

  test('are reported again after a report that the orderers dropped', async () => {
    consortium = await InProcessConsortium.found();
    let drops = 2;
    consortium.at(2).peer.refuse = (name) => name === 'custody:Sight' && (drops -= 1) >= 0;
    await untilSeen(await approved(), ALL);
    expect(drops).toBeLessThan(0);
  });

  test('attack 39: an act whose block shows another content, or no valid transaction, is not reported', async () => {
    consortium = await InProcessConsortium.found();
    const [other, invalid] = [consortium.at(1).peer, consortium.at(2).peer];
    const change = (block: Block, of: object): Block => ({
      ...block,
      transactions: block.transactions.map((one) =>
        one.entry?.act === 'key-rotation-approved' ? { ...one, ...of } : one,
      ),
    });
    for (const [peer, of] of [
      [other, { answerHash: 'A'.repeat(43) }],
      [invalid, { valid: false }],
    ] as const) {
      const blockOf = peer.blockOf.bind(peer);
      peer.show = (block) => change(block, of);
      peer.blockOf = async (txId) => {
        const block = await blockOf(txId);
        return block && change(block, of);
      };
    }
    const act = await approved();
    await untilSeen(act, ['AlderMSP']);
    const second = await approved();
    await untilSeen(second, ['AlderMSP']);
    expect(await seenBy(act)).toEqual(['AlderMSP']);
  });
});
