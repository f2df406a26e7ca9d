// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { identityOf } from '../identity.js';
import type { Log, LogFacts } from '../log.js';
import { Scene } from '../testing/scene.js';
import type { JournalFacts } from './entry.js';
import { ARRIVAL_MS, LinesAhead } from './lines-ahead.js';
import { reconcileWithLedger } from './reconciler.js';
import { PostedEntries } from '../degraded/posted-entries.js';
import { SeenHeads } from './seen-heads.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let scene: Scene;
let alarms: LogFacts[];
afterEach(() => scene.end());

async function begin(): Promise<void> {
  alarms = [];
  const silent = (): void => undefined;
  const log: Log = { info: silent, warn: silent, error: (facts) => alarms.push(facts) };
  scene = await Scene.begin({ log });
  await scene.consortium.custodian(0).custody.refresh();
}

const reconciliation = () => scene.consortium.custodian(0).reconciliation;
const codes = () => alarms.map(({ alarm }) => alarm);

/** The others speak again after the clock moved. */
async function meet(): Promise<void> {
  for (const at of [1, 2]) {
    await scene.world.run(scene.world.hospital(at).custodian, 'custody:Heartbeat', heartbeat());
    scene.consortium.custodian(at).announcer.announce();
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}

function heartbeat(): object {
  const hash = 'A'.repeat(43);
  return { height: 1, blockHash: hash, journalHead: hash };
}

/** Lines of a custodian's journal that were never due. */
function addRelease(at: number, intentId: string, facts: Partial<JournalFacts> = {}): Promise<unknown> {
  const requestHash = 'A'.repeat(43);
  return scene.consortium
    .custodian(at)
    .journal.append([{ kind: 'release', decision: 'permit', requestHash, intentId, ...facts }]);
}

/** The peer of a custodian gets no blocks from now on, nor what they say; until the returned function is called. */
function holdBack(at: number): () => void {
  const { peer } = scene.consortium.at(at);
  const evaluate = peer.evaluate.bind(peer);
  peer.freeze();
  peer.evaluate = (transaction, request) =>
    transaction === 'access:GetIntent'
      ? Promise.reject(new DomainError('NOT_FOUND', 'no such intent'))
      : evaluate(transaction, request);
  return () => {
    peer.evaluate = evaluate;
    peer.thaw();
  };
}

/** The journal of a custodian is, from now on, what it was before it grew. */
async function cutJournal(at: number, lines: number): Promise<void> {
  const { stateDir } = scene.consortium.at(at).settings;
  await scene.consortium.stop(at);
  const path = join(stateDir, 'journal', '000000000001.jsonl');
  const kept = (await readFile(path, 'utf8')).split('\n').slice(0, lines);
  await writeFile(path, kept.map((line) => `${line}\n`).join(''));
  await scene.consortium.start(at);
}

/** Gives a custodian another signing key, as its operator does: it is started again with it, and registers it. */
async function renewKey(at: number): Promise<void> {
  const place = scene.consortium.at(at);
  await scene.consortium.stop(at);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const identity = identityOf(place.hospital.mspId, privateKey);
  await scene.consortium.start({ ...place, ports: { ...place.ports, identity } });
  const { directory } = scene.consortium.custodian(0);
  while (directory.find(place.hospital.mspId).publicKey !== identity.publicKey) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await directory.refresh();
  }
}

describe('the scheduled reconciliation', () => {
  test('asks the ledger for the threshold of the epoch in which each share was given', async () => {
    await begin();
    const { intentId } = await scene.declare();
    for (const at of [0, 1]) await scene.consortium.release(at, intentId);
    const { ports, settings } = scene.consortium.at(0);
    const seenHeads = new SeenHeads(join(settings.stateDir, 'journal-heads.json'));
    const custodians = () => scene.consortium.custodian(0).directory.all();
    const posted = new PostedEntries();
    const report = await reconcileWithLedger({
      ...{ ...ports, seenHeads, custodians, posted, threshold: () => 3 },
      ahead: new LinesAhead(ports.clock),
      foreignBlocks: { signerOf: () => undefined },
    });
    expect(report).toMatchObject({ clean: true, tooFew: [], compared: { AlderMSP: 2, BirchMSP: 2 } });
  });

  test('is due once the own peer has caught up, and then by schedule', async () => {
    await begin();
    await meet();
    expect(reconciliation().state).toBeUndefined();
    expect(reconciliation().isDue()).toBe(true);
    await reconciliation().run();
    expect(reconciliation().isDue()).toBe(false);
    scene.world.ledger.advance(DAY_MS);
    expect(reconciliation().isDue()).toBe(false);
    await meet();
    expect(reconciliation().isDue()).toBe(true);
  });

  test('shows in status and metrics what it found, and says nothing where nothing is wrong', async () => {
    await begin();
    const { intentId } = await scene.declare();
    for (const at of [0, 1]) await scene.tryRelease(at, intentId);
    const custodian = scene.consortium.custodian(0);
    expect(custodian.metrics()).not.toContain('reconciliation');
    await reconciliation().run();
    expect(codes()).toEqual([]);
    expect(await custodian.status()).toMatchObject({ reconciliation: { clean: true, lines: 4, silent: 0 } });
    expect(custodian.metrics()).toContain('tutela_custodian_reconciliation_clean 1\n');
    expect(custodian.metrics()).toContain('tutela_custodian_reconciliation_found{kind="silent"} 0\n');
  });

  test('attack 30: each thing that speaks against a custodian is an alarm with a code of its own', async () => {
    await begin();
    const { intentId } = await scene.declare();
    await scene.tryRelease(0, intentId);
    await addRelease(1, `in_${'s'.repeat(22)}`);
    await scene.consortium.stop(2);
    await reconciliation().run();
    expect(codes()).toEqual(
      expect.arrayContaining(['RELEASE_WITHOUT_INTENT', 'TOO_FEW_RELEASES', 'CUSTODIAN_SILENT']),
    );
    expect(alarms).toContainEqual({
      alarm: 'RELEASE_WITHOUT_INTENT',
      mspId: 'BirchMSP',
      seq: 1,
      intentId: `in_${'s'.repeat(22)}`,
    });
    expect(reconciliation().state).toMatchObject({ clean: false, withoutIntent: 1, silent: 1 });
  });

  test('attack 30: a journal that was written anew between two comparisons is an alarm', async () => {
    await begin();
    await addRelease(1, `in_${'s'.repeat(22)}`);
    await addRelease(1, `in_${'t'.repeat(22)}`);
    await reconciliation().run();
    await cutJournal(1, 1);
    alarms.length = 0;
    await reconciliation().run();
    expect(codes()).toContain('JOURNAL_REWRITTEN');
  });

  test('attack 30: a custodian that renews its signing key is no liar, and hides nothing by it', async () => {
    await begin();
    const { intentId } = await scene.declare();
    for (const at of [0, 1]) await scene.consortium.release(at, intentId);
    await reconciliation().run();
    await renewKey(1);
    const share = { kind: 'share', decision: 'permit', requestHash: 'A'.repeat(43) } as const;
    await scene.consortium.custodian(1).journal.append([share]);
    expect(await reconciliation().run()).toMatchObject({
      faults: [],
      clean: true,
      compared: { BirchMSP: 3 },
    });
    const invented = `in_${'s'.repeat(22)}`;
    await addRelease(1, invented);
    await renewKey(1);
    const report = await reconciliation().run();
    expect(report).toMatchObject({ faults: [], withoutIntent: [{ mspId: 'BirchMSP', intentId: invented }] });
    expect(codes()).toEqual(['RELEASE_WITHOUT_INTENT', 'TOO_FEW_RELEASES']);
  });

  test('comes again within the hour while a custodian is silent', async () => {
    await begin();
    await scene.consortium.stop(2);
    await reconciliation().run();
    scene.world.ledger.advance(HOUR_MS);
    await scene.world.run(scene.world.hospital(1).custodian, 'custody:Heartbeat', heartbeat());
    scene.consortium.custodian(1).announcer.announce();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reconciliation().isDue()).toBe(true);
  });

  test('attack 30: a custodian whose peer is behind accuses no other, and compares again within the hour', async () => {
    await begin();
    await meet();
    const catchUp = holdBack(0);
    const { intentId } = await scene.declare();
    scene.consortium.custodian(0).announcer.announce();
    for (const at of [1, 2]) await scene.consortium.release(at, intentId);
    const both = { unfinished: ['BirchMSP', 'CedarMSP'], compared: { BirchMSP: 0, CedarMSP: 0 } };
    expect(await reconciliation().run()).toMatchObject({ clean: true, withoutIntent: [], ...both });
    expect(codes()).toEqual([]);
    catchUp();
    scene.world.ledger.advance(HOUR_MS);
    await meet();
    expect(reconciliation().isDue()).toBe(true);
    const whole = { unfinished: [], compared: { BirchMSP: 2, CedarMSP: 2 } };
    expect(await reconciliation().run()).toMatchObject({ clean: true, tooFew: [], ...whole });
  });

  test('attack 30: a share at a height that the chain does not come to is named once there was time for it', async () => {
    await begin();
    const invented = `in_${'s'.repeat(22)}`;
    const finding = { mspId: 'BirchMSP', seq: 1, intentId: invented };
    await addRelease(1, invented, { height: Number.MAX_SAFE_INTEGER });
    for (const pauseMs of [0, ARRIVAL_MS - 1]) {
      scene.world.ledger.advance(pauseMs);
      await meet();
      expect(await reconciliation().run()).toMatchObject({ clean: true, unfinished: ['BirchMSP'] });
    }
    await addRelease(1, `in_${'t'.repeat(22)}`, { height: Number.MAX_SAFE_INTEGER });
    scene.world.ledger.advance(1);
    await meet();
    expect(await reconciliation().run()).toMatchObject({
      ...{ clean: false, withoutIntent: [finding], unfinished: ['BirchMSP'], compared: { BirchMSP: 1 } },
    });
    scene.world.ledger.advance(ARRIVAL_MS);
    await meet();
    const later = { ...finding, seq: 2, intentId: `in_${'t'.repeat(22)}` };
    expect(await reconciliation().run()).toMatchObject({ withoutIntent: [finding, later], unfinished: [] });
  });

  test('attack 30: lines that were shown and wait for the own peer can no longer be changed', async () => {
    await begin();
    await addRelease(1, `in_${'s'.repeat(22)}`, { height: Number.MAX_SAFE_INTEGER });
    expect(await reconciliation().run()).toMatchObject({ clean: true, unfinished: ['BirchMSP'] });
    await cutJournal(1, 0);
    await addRelease(1, `in_${'t'.repeat(22)}`, { height: Number.MAX_SAFE_INTEGER });
    for (let round = 0; round < 2; round += 1)
      expect(await reconciliation().run()).toMatchObject({
        ...{ clean: false, rewritten: [{ mspId: 'BirchMSP', seenIn: 'reading' }] },
      });
    expect(codes()).toContain('JOURNAL_REWRITTEN');
  });

  test('attack 30: at a peer that hears no other custodian a comparison is refused, and names none', async () => {
    await begin();
    await addRelease(1, `in_${'s'.repeat(22)}`);
    scene.consortium.at(0).peer.freeze();
    scene.world.ledger.advance(HOUR_MS);
    await expect(scene.consortium.custodian(0).reconcile()).rejects.toMatchObject({ code: 'PEER_STALE' });
    expect([codes(), reconciliation().state]).toEqual([[], undefined]);
    scene.consortium.at(0).peer.thaw();
    await meet();
    expect(await scene.consortium.custodian(0).reconcile()).toMatchObject({
      ...{ withoutIntent: [{ mspId: 'BirchMSP' }] },
    });
  });

  test('two who ask at the same time share one comparison', async () => {
    await begin();
    const [one, other] = [reconciliation().run(), reconciliation().run()];
    expect(await one).toBe(await other);
  });
});
