// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Scene } from '../testing/scene.js';

let scene: Scene | undefined;

afterEach(async () => {
  await scene?.end();
  scene = undefined;
});

describe('journals that were shown before', () => {
  test('attack 30: a custodian that starts a new journal is named at every later comparison', async () => {
    scene = await Scene.begin();
    const { consortium } = scene;
    const { intentId } = await scene.declare();
    for (const at of [0, 1]) await scene.tryRelease(at, intentId);
    expect(await consortium.custodian(0).reconcile()).toMatchObject({ clean: true });
    await consortium.stop(1);
    await truncate(join(consortium.at(1).settings.stateDir, 'journal', '000000000001.jsonl'), 0);
    await consortium.start(1);
    const finding = { mspId: 'BirchMSP', seenIn: 'reading' };
    const again = () => consortium.custodian(0).reconcile();
    expect(await again()).toMatchObject({ clean: false, rewritten: [finding] });
    expect(await again()).toMatchObject({ clean: false, rewritten: [finding] });
    await rm(join(consortium.at(0).settings.stateDir, 'journal-heads.json'));
    expect(await consortium.custodian(0).reconcile()).toMatchObject({ rewritten: [] });
  });

  test('attack 30: a head that stands on the ledger counts without any earlier reading', async () => {
    scene = await Scene.begin();
    const { consortium, world } = scene;
    const request = { height: 1, blockHash: 'A'.repeat(43), journalHead: `${'B'.repeat(42)}A` };
    await world.run(consortium.at(1).hospital.custodian, 'custody:Heartbeat', request);
    expect(await consortium.custodian(0).reconcile()).toMatchObject({
      clean: false,
      rewritten: [{ mspId: 'BirchMSP', head: request.journalHead, seenIn: 'heartbeat' }],
    });
  });
});
