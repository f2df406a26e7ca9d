// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { addOrdererAddresses, nodesOf } from '@tutela/network/testing';
import { openOnly } from '../support/clinic.js';
import { heightAt } from '../support/node-metrics.js';
import { pushBlocks } from '../support/pushed-block.js';
import { useScene } from '../support/scene.js';
import { waitFor } from '../support/wait.js';

/** While they are made the chain goes on, so one of them is the next. */
const PUSHED = 10;
const TIMEOUT_MS = 60_000;

describe('whose blocks count', () => {
  const scene = useScene();

  test(
    'attack: no hospital alone says where its orderer is reached',
    async () => {
      const { away, consortium } = scene();
      const live = Array.from({ length: 1_000 }, (_, index) => `localhost:${20_000 + index}`);
      await expect(addOrdererAddresses(consortium.processes.stateDir, away.id, live)).rejects.toThrow(
        `/Channel/Orderer/${away.mspId}/Endpoints not satisfied: signature set did not satisfy policy`,
      );
    },
    TIMEOUT_MS,
  );

  test(
    'attack: a block that another hospital’s peer hands over, signed by that hospital’s orderer, is not taken',
    async () => {
      const { away, consortium, home, patient, reader, record } = scene();
      const { stateDir } = consortium.processes;
      const [hostile, victim] = await Promise.all([nodesOf(stateDir, away.id), nodesOf(stateDir, home.id)]);
      const before = await consortium.processes.one(home.id, 'peer');
      // The hostile hospital's real peer can take the connection back before a block is read.
      const height = await waitFor(
        async () => {
          const next = await heightAt(consortium, home);
          const numbers = Array.from({ length: PUSHED }, (_, index) => next + index);
          await pushBlocks(hostile, victim, numbers);
          return refusedBlocks(before.logFile).includes(next) ? next : undefined;
        },
        { what: 'a peer to refuse a block that another hospital’s peer hands over', deadlineMs: 40_000 },
      );
      expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(scene().content);
      expect(await heightAt(consortium, home)).toBeGreaterThan(height);
      const { pid, restarts } = await consortium.processes.one(home.id, 'peer');
      expect({ pid, restarts }).toEqual({ pid: before.pid, restarts: before.restarts });
    },
    TIMEOUT_MS,
  );
});

/** The numbers of the blocks that a peer says it was handed by gossip and did not take. */
function refusedBlocks(peerLog: string): readonly number[] {
  const refusals = readFileSync(peerLog, 'utf8').matchAll(
    /Block \[(\d+)\] received from gossip wasn't added to payload buffer/g,
  );
  return [...refusals].map(([, number]) => Number(number));
}
