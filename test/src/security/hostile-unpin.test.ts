// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openOnly } from '../support/clinic.js';
import type { Hospital } from '../support/consortium.js';
import { blockFile } from '../support/disk-blocks.js';
import { HostileClusterPeer, unpinEverything } from '../support/hostile-cluster-peer.js';
import { useScene } from '../support/scene.js';

describe('a hospital against the blocks of the others', () => {
  const scene = useScene();

  test('attack 40: one hospital withdraws every pin, has all collect and a record of its own erased, and no block but those is lost', async () => {
    const { consortium, away, reader, patient, record, content } = scene();
    const honest = consortium.hospitals.filter(({ mspId }) => mspId !== away.mspId);
    // What no pin reaches, as what a node made of itself at its start, is nobody's loss.
    const peer = await HostileClusterPeer.of(away);
    await peer.collectEverywhere();
    const before = await Promise.all(honest.map(blockFiles));
    const { withdrawn, blocksRemoved, ownBlocks } = await unpinEverything(consortium, away);
    expect(withdrawn).toBeGreaterThan(0);
    const ordered = ownBlocks.map((sha256) => basename(blockFile(away.diskDir, sha256)));
    for (const [position, hospital] of honest.entries()) {
      const after = new Set(await blockFiles(hospital));
      expect(before[position]?.filter((name) => !after.has(name) && !ordered.includes(name))).toEqual([]);
      expect(ordered.filter((name) => after.has(name))).toEqual([]);
      expect(blocksRemoved[hospital.mspId]).toBe(ordered.length);
    }
    expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
  });
});

async function blockFiles({ diskDir }: Hospital): Promise<readonly string[]> {
  const blocks = join(diskDir, 'kubo', 'repo', 'blocks');
  const entries = await readdir(blocks, { recursive: true });
  return entries.filter((name) => name.endsWith('.data')).map((name) => basename(name));
}
