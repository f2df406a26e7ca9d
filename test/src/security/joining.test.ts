// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { down, up } from '@tutela/network';
import { bringInUninvited } from '@tutela/network/testing';
import type { ReleaseContext } from '@tutela/chaincode/domain';
import type { Stored } from '../support/answers.js';
import { declare, grant, openOnly, personGrantee, storeRecord } from '../support/clinic.js';
import { Consortium, type Hospital } from '../support/consortium.js';
import { CustodianClient } from '../support/custodian-client.js';
import { currentCustody, custodyAt, runCeremony } from '../support/custody.js';
import { readBlock } from '../support/disk-blocks.js';
import { smallDocument } from '../support/fixtures.js';
import { insider } from '../support/insider.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import { repositoryDir } from '../support/repository.js';
import type { Session } from '../support/rest-client.js';
import { refusalOf } from '../support/rest-problem.js';
import { stealShares, tryToOpen, type StolenShare } from '../support/thief.js';
import { tutela } from '../support/tutela-command.js';
import { waitFor } from '../support/wait.js';

const MINUTES_MS = 60_000;
const state = join(repositoryDir, '.tutela', 'test-join');
const topology = join(repositoryDir, 'network', 'topologies', 'two-hospitals.yaml');

/** After so many finished steps the command is killed, each time further on. */
const KILLED_AFTER_STEPS = [1, 3, 4, 5, 7] as const;

describe('a hospital that joins a consortium of two', () => {
  const file = smallDocument('Potassium 4.1 mmol/l');
  let consortium: Consortium;
  let physician: Session;
  let reader: Session;
  let patient: PatientWallet;
  let record: Stored;
  let before: readonly StolenShare[];

  beforeAll(async () => {
    await down(state);
    await rm(state, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    await up({ state, topology });
    consortium = await Consortium.open(state);
    const [home, away] = [consortium.at(0), consortium.at(1)];
    physician = await consortium.person(home, 'physician');
    reader = await consortium.person(away, 'physician');
    patient = await consortium.patient(home);
    record = await storeRecord(physician, patient, file, { category: 'laboratory' });
    await grant(physician, patient, {
      grantee: personGrantee(away.mspId, reader),
      categories: ['laboratory'],
    });
    before = await stealShares(home);
  }, 3 * MINUTES_MS);

  afterAll(async () => {
    await consortium.close();
    await down(state);
    await rm(state, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }, MINUTES_MS);

  test(
    'attack: one member alone brings no hospital in',
    async () => {
      await expect(bringInUninvited(state, 'alder', 'member')).rejects.toThrow(
        /BAD_REQUEST.*\/Channel\/Application not satisfied: signature set did not satisfy policy/s,
      );
    },
    MINUTES_MS,
  );

  test(
    'attack: a hospital that is no member does not bring itself in',
    async () => {
      await expect(bringInUninvited(state, 'alder', 'uninvited')).rejects.toThrow(
        /FORBIDDEN.*0 sub-policies were satisfied, but this policy requires 1 of the 'Writers'/s,
      );
    },
    MINUTES_MS,
  );

  test(
    'is in although the command was killed at one step after another, and reading went on',
    async () => {
      for (const steps of KILLED_AFTER_STEPS) {
        await killAfter(steps, 'hospital', 'add', 'cedar', '--json');
        expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(file.bytes);
      }
      const { ok, stderr } = await tutela(state, 'hospital', 'add', 'cedar', '--json');
      expect([ok, stderr]).toEqual([true, '']);
      const again = await tutela(state, 'hospital', 'add', 'cedar', '--json');
      expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toEqual({
        hospital: 'cedar',
        members: ['AlderMSP', 'BirchMSP', 'CedarMSP'],
        wasMember: true,
      });
      expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(file.bytes);
    },
    5 * MINUTES_MS,
  );

  test(
    'attack: a hospital that is no custodian yet holds no share and releases none',
    async () => {
      const cedar = await consortium.meet('cedar');
      expect((await custodyAt(cedar)).state).toBe('no-share');
      expect(await stealShares(cedar)).toEqual([]);
      const { intentId } = await declare(reader, { patient, recordId: record.recordId });
      const client = new CustodianClient(consortium.at(1));
      try {
        const refusal = await refusalOf(client.post(cedar, '/v1/releases', { intentId }));
        expect(refusal.code).toBe('CUSTODY_INACTIVE');
      } finally {
        await client.close();
      }
    },
    MINUTES_MS,
  );

  test(
    'attack: a member’s share of before the join combines with none of after it',
    async () => {
      const { hospitals } = consortium;
      const members = hospitals.map(({ mspId }) => mspId);
      const { publicKey } = await currentCustody(consortium.at(0).administrator);
      const set = await runCeremony(consortium.at(0), { kind: 'reshare', threshold: 2, members }, hospitals);
      expect(set).toMatchObject({ threshold: 2, publicKey });
      const [alder, birch, cedar] = await Promise.all(hospitals.map((each) => shareOf(each, set.epoch)));
      if (alder === undefined || birch === undefined || cedar === undefined)
        throw new Error('a share is missing');
      const old = { ...alder, secret: before[0]?.secret ?? new Uint8Array() };
      const attempt = await withShares();
      expect(attempt([alder, cedar])).toMatchObject({ genuineShares: 2, decrypting: 'OPENED' });
      expect(attempt([old, birch])).toMatchObject({ genuineShares: 1, decrypting: 'KEY_COMMITMENT' });
      expect(attempt([old, cedar])).toMatchObject({ genuineShares: 1, decrypting: 'KEY_COMMITMENT' });
      expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(file.bytes);
    },
    3 * MINUTES_MS,
  );

  /** What a thief with everything of the newcomer makes of the record with some shares. */
  async function withShares() {
    const segmentId = record.segments[0]?.segmentId ?? '';
    const { intentId } = await declare(reader, { patient, recordId: record.recordId });
    const ledger = insider(consortium.at(0), 'custodian');
    const context = (await ledger.evaluate('access:GetReleaseContext', { intentId })) as ReleaseContext;
    ledger.close();
    const digest = context.records[0]?.manifest?.segments[0]?.parts[0]?.sha256 ?? '';
    const disks = consortium.hospitals.map(({ diskDir }) => diskDir);
    const ciphertext = await readBlock(disks, digest);
    return (shares: readonly StolenShare[]) => tryToOpen(context, segmentId, { shares, ciphertext });
  }
});

/** The share of an epoch, as soon as the custodian has it on its disk. */
function shareOf(hospital: Hospital, epoch: number): Promise<StolenShare> {
  return waitFor(async () => (await stealShares(hospital)).find((share) => share.epoch === epoch), {
    what: `the new share of ${hospital.mspId}`,
    deadlineMs: MINUTES_MS,
  });
}

/** Runs the operators' command and kills it at once when so many of its steps are done. */
async function killAfter(steps: number, ...args: readonly string[]): Promise<void> {
  const cli = join(repositoryDir, 'network', 'dist', 'cli.js');
  const child = spawn(process.execPath, [cli, '--state', state, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  let done = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    expect(JSON.parse(line)).toHaveProperty('step');
    done += 1;
    if (done === steps) child.kill('SIGKILL');
  }
  await ended;
  expect([done >= steps, child.signalCode]).toEqual([true, 'SIGKILL']);
}
