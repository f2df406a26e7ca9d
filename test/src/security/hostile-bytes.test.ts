// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { administratorOf } from '@tutela/network/testing';
import { declare, openOnly } from '../support/clinic.js';
import { withHostileEntry, writeEntry, type HostileEntry } from '../support/hostile-entry.js';
import { claimTransactionId, sendHostileEnvelope } from '../support/hostile-envelope.js';
import { insider } from '../support/insider.js';
import { askCustodians } from '../support/insider-acts.js';
import { randomBytes32, randomNonce } from '../support/random-id.js';
import { useScene, type Scene } from '../support/scene.js';
import { waitUntil } from '../support/wait.js';

const ACCEPTED = 200;
const DEADLINE_MS = 60_000;

describe('what one hospital writes for all to read', () => {
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

  test('attack 44: with an envelope that claims its id one hospital spoils a transaction; the next one is valid, and every custodian names that hospital', async () => {
    const { consortium, home, away } = scene();
    const name = 'registry:RegisterPractitioner';
    const registrar = insider(away, 'registrar');
    const facts = { role: 'physician', department: 'general', personTag: randomBytes32() };
    const request = { practitionerId: `pr_${randomNonce()}`, ...facts };
    const spoiled = await registrar.endorse(name, request);
    const txId = spoiled.getTransactionId();
    const administrator = await administratorOf(consortium.processes.stateDir, home.id);
    expect(await claimTransactionId(administrator, txId)).toBe(ACCEPTED);
    const isNamed = async (): Promise<boolean> => {
      const logs = await custodianLogs(scene());
      return logs.every((log) =>
        log.split('\n').some((line) => line.includes(txId) && line.includes(home.mspId)),
      );
    };
    await waitUntil(isNamed, { what: 'every custodian to name the hospital', deadlineMs: DEADLINE_MS });
    const { code } = await (await spoiled.submit()).getStatus();
    expect(code).toBe(StatusCode.BAD_PROPOSAL_TXID);
    await registrar.submit(name, request);
    registrar.close();
  }, 180_000);

  test('attack 37: no hospital alone changes its own entry in the channel’s configuration', async () => {
    const { consortium, home, away } = scene();
    const kinds: readonly HostileEntry[] = ['foreign-label', 'header-lines', 'authority-of-another'];
    for (const kind of kinds)
      await expect(writeEntry({ consortium, by: home, victim: away }, [kind])).rejects.toThrow(
        'signature set did not satisfy policy',
      );
  }, 60_000);

  test.each<readonly [string, readonly HostileEntry[]]>([
    ['that other readers of PEM refuse', ['foreign-label', 'header-lines']],
    ['of another hospital', ['authority-of-another']],
  ])(
    'attack 37: a TLS authority in its entry %s, which the others signed too, shuts out no hospital',
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
async function brokenStreams(scene: Scene): Promise<readonly number[]> {
  return (await custodianLogs(scene)).map((log) => log.split('the block stream broke').length - 1);
}

async function custodianLogs({ consortium }: Scene): Promise<readonly string[]> {
  const custodians = (await consortium.processes.list()).filter(({ kind }) => kind === 'custodian');
  return Promise.all(custodians.map(({ logFile }) => readFile(logFile, 'utf8')));
}
