// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { administratorOf } from '@tutela/network/testing';
import { declare, openOnly } from '../support/clinic.js';
import { withHostileEntry, type HostileEntry } from '../support/hostile-entry.js';
import { sendHostileEnvelope } from '../support/hostile-envelope.js';
import { askCustodians } from '../support/insider-acts.js';
import { useScene, type Scene } from '../support/scene.js';
import { waitUntil } from '../support/wait.js';

const ACCEPTED = 200;
const DEADLINE_MS = 60_000;

describe('what one hospital’s administrator writes alone', () => {
  const scene = useScene();

  test('attack 37: an envelope that other readers refuse stops no custodian', async () => {
    const { consortium, home } = scene();
    await everyCustodianReleases(scene());
    const before = await brokenStreams(scene());
    const administrator = await administratorOf(consortium.processes.stateDir, home.id);
    expect(await sendHostileEnvelope(administrator)).toBe(ACCEPTED);
    for (let opening = 0; opening < 3; opening += 1) await everyCustodianReleases(scene());
    expect(await brokenStreams(scene())).toEqual(before);
  }, 180_000);

  test.each<readonly [string, readonly HostileEntry[]]>([
    ['that other readers of PEM refuse', ['foreign-label', 'header-lines']],
    ['of another hospital', ['authority-of-another']],
  ])(
    'attack 37: a TLS authority in its own entry %s shuts out no hospital',
    async (_, entries) => {
      const { consortium, home, away } = scene();
      await withHostileEntry({ consortium, by: home, victim: away }, entries, async () => {
        // A custodian that starts now reads the channel's configuration as it is now.
        for (const { id } of consortium.hospitals)
          await (
            await consortium.processes.kill(id, 'custodian')
          ).successor;
        await everyCustodianReleases(scene());
      });
    },
    300_000,
  );
});

/** The reader opens the record, and each custodian gives its share to the reader's hospital. */
async function everyCustodianReleases({
  consortium,
  away,
  reader,
  patient,
  record,
  content,
}: Scene): Promise<void> {
  const { recordId } = record;
  await waitUntil(
    async () => {
      const intent = await declare(reader, { patient, recordId });
      const answers = await askCustodians(consortium, away, intent);
      return answers.every((answer) => answer === 'released');
    },
    { what: 'every custodian to release', deadlineMs: DEADLINE_MS, intervalMs: 1_000 },
  );
  expect(Buffer.from(await openOnly(reader, { patient, recordId }))).toEqual(Buffer.from(content));
}

/** How often each custodian's log says that the stream of blocks broke. */
async function brokenStreams({ consortium }: Scene): Promise<readonly number[]> {
  const custodians = (await consortium.processes.list()).filter(({ kind }) => kind === 'custodian');
  const logs = await Promise.all(custodians.map(({ logFile }) => readFile(logFile, 'utf8')));
  return logs.map((log) => log.split('the block stream broke').length - 1);
}
