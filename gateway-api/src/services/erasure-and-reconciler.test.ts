// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { erasureStatement, type EraseRecord, type Month } from '@tutela/chaincode/domain';
import { signed } from '@tutela/chaincode/testing';
import { createReconciler, type Reconciler } from '../reconciler/create-reconciler.js';
import { memoryAttempt, type Scene, setScene, type TestGateway } from '../testing/index.js';
import { PartJournal } from './part-journal.js';
import type { StoredRecord } from './store-record.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let patient: Scene['patient'];
let author: Scene['author'];

beforeEach(async () => {
  ({ consortium, alder, patient, author } = await setScene());
});

function reconcilerOf({ deps, services }: TestGateway): Reconciler {
  return createReconciler({ ...deps, services, parts: new PartJournal(deps.state) });
}

async function store(content: string): Promise<StoredRecord> {
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from(content));
  })();
  const month = '2026-02' as Month;
  const facts = {
    handle: patient.handle,
    category: 'notes',
    class: 'standard',
    month,
    contentType: 'text/plain',
  } as const;
  return alder.services.storeRecord.storeContent(author, facts, body, memoryAttempt());
}

function order(recordId: string): EraseRecord {
  const { names, ledger } = consortium.world;
  const statement = {
    v: 1,
    kind: 'erasure',
    channel: 'tutela',
    erasureId: names.id('erasure'),
    recordId,
    handle: patient.handle,
    signedAt: ledger.now,
    nonce: names.nonce(),
  };
  return signed(patient, erasureStatement(statement, 'statement'));
}

function blocksAt({ mspId }: TestGateway): number {
  return consortium.swarm.diskOf(mspId).parts.size;
}

describe('an erasure', () => {
  test('leaves no block at any hospital, and is complete once each has said so', async () => {
    const erased = await store('to be erased');
    const kept = await store('to be kept');
    const { erasures } = alder.services;
    const { erasureId } = await erasures.order({ kind: 'gateway' }, order(erased.recordId));
    for (const gateway of [consortium.gateway(1), alder, consortium.gateway(1), consortium.gateway(2)])
      await gateway.services.erasures.confirmPending();
    const certificate = await erasures.get({ kind: 'gateway' }, erasureId);
    expect(certificate.complete).toBe(true);
    expect(Object.keys(certificate.confirmations).sort()).toEqual(['AlderMSP', 'BirchMSP', 'CedarMSP']);
    expect(certificate.confirmations[alder.mspId]?.blocksRemoved).toBe(1);
    expect(consortium.gateways.map(blocksAt)).toEqual([1, 1, 1]);
    expect(consortium.swarm.pins.size).toBe(1);
    expect(kept.version).toBe(1);
  });

  test('is not confirmed by a hospital before the author has taken the pins away', async () => {
    const { recordId } = await store('content');
    await alder.services.erasures.order({ kind: 'gateway' }, order(recordId));
    expect(await consortium.gateway(1).services.erasures.confirmPending()).toBe(0);
    expect(await alder.services.erasures.confirmPending()).toBe(1);
    expect(await consortium.gateway(1).services.erasures.confirmPending()).toBe(1);
    expect(await consortium.gateway(1).services.erasures.confirmPending()).toBe(0);
  });

  test('attack 16: what was erased opens nothing, even with its ciphertext kept by a hospital', async () => {
    const { recordId } = await store('content');
    const { practitionerId } = author;
    await consortium.world.grant(patient, {
      grantee: { kind: 'person', mspId: alder.mspId, practitionerId },
    });
    await alder.services.erasures.order({ kind: 'gateway' }, order(recordId));
    expect(blocksAt(alder)).toBe(1);
    const request = { recordId, purpose: 'TREAT', basis: { kind: 'consent' } } as const;
    await expect(alder.services.openRecord.openRecord(author, request)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('is carried out as soon as the ledger tells of it', async () => {
    const { recordId } = await store('content');
    const stop = new AbortController();
    const running = reconcilerOf(alder).run(stop.signal);
    await alder.services.erasures.order({ kind: 'gateway' }, order(recordId));
    while (consortium.swarm.pins.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await running;
  });
});

describe('a reconciliation', () => {
  test('brings a part to the wished number of hospitals after an absence', async () => {
    consortium.swarm.absent.add('CedarMSP');
    await store('content');
    consortium.swarm.absent.delete('CedarMSP');
    expect(blocksAt(consortium.gateway(2))).toBe(0);
    const report = await reconcilerOf(alder).round();
    expect(report).toMatchObject({ rounds: 1, failures: [], storage: { wished: 1 } });
    expect(blocksAt(consortium.gateway(2))).toBe(1);
  });

  test('attack 33: gives back what a crash left between storing and anchoring, and only that', async () => {
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'before', error: new Error('killed') });
    await expect(store('lost')).rejects.toThrow('killed');
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'after', error: new Error('killed') });
    await expect(store('anchored')).rejects.toThrow('killed');
    expect(consortium.swarm.pins.size).toBe(2);
    expect(await reconcilerOf(alder).round()).toMatchObject({ partsCollected: 0 });
    consortium.world.ledger.advance(49 * 3_600_000);
    expect(await reconcilerOf(alder).round()).toMatchObject({ partsCollected: 1, failures: [] });
    expect(consortium.swarm.pins.size).toBe(1);
  });

  test('reports a step that failed and takes the others all the same', async () => {
    await store('content');
    alder.deps.ledger.faults.push({
      name: 'record:ListErasures',
      when: 'before',
      error: new Error('no peer'),
    });
    const reconciler = reconcilerOf(alder);
    expect(await reconciler.round()).toMatchObject({
      failures: ['erasures:INTERNAL'],
      storage: { wished: 1 },
    });
    expect(reconciler.report().rounds).toBe(1);
    expect(await reconciler.round()).toMatchObject({ rounds: 2, failures: [] });
  });
});
