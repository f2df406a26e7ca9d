// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, type Month } from '@tutela/chaincode/domain';
import { memoryAttempt, type Scene, setScene } from '../testing/index.js';
import type { StoredRecord } from './store-record.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let patient: Scene['patient'];
let author: Scene['author'];

beforeEach(async () => {
  ({ consortium, alder, patient, author } = await setScene());
});

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

const facts = () =>
  ({
    handle: patient.handle,
    category: 'notes',
    class: 'standard',
    month: '2026-02' as Month,
    contentType: 'text/plain',
  }) as const;

async function* bytesOf(content: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(content));
}

function store(content: string, key = 'key', gateway = alder, query = 'query'): Promise<StoredRecord> {
  const { idempotency, storeRecord } = gateway.services;
  return idempotency.run({ scope: 'client POST /v1/records', key, digest: digest(query) }, (attempt) =>
    storeRecord.storeContent(author, facts(), bytesOf(content), attempt),
  );
}

function registrations(): number {
  return consortium.channel.messages.filter(({ event }) => event.act === 'record-registered').length;
}

describe('attack 33: one key', () => {
  test('repeated with the same body answers the same and writes nothing', async () => {
    const stored = await store('content');
    expect(await store('content')).toEqual(stored);
    expect(await store('content', 'key', alder.restart())).toEqual(stored);
    expect(registrations()).toBe(1);
    expect(consortium.swarm.entered().size).toBe(1);
  });

  test('with another body, or another query, is a conflict', async () => {
    await store('content');
    await expect(store('another content')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(store('content', 'key', alder, 'another query')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(registrations()).toBe(1);
  });

  test('raced by two clients does the work once', async () => {
    const results = await Promise.allSettled([store('content'), store('content')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      code: 'CONFLICT',
    });
    expect(registrations()).toBe(1);
  });

  test.each(['before', 'after'] as const)(
    'after a crash %s the registration: one version, whichever body first',
    async (when) => {
      alder.deps.ledger.faults.push({ name: 'record:Register', when, error: new Error('killed') });
      await expect(store('content')).rejects.toThrow('killed');
      const stored = await store('content', 'key', alder.restart());
      expect(stored.version).toBe(1);
      expect(registrations()).toBe(1);
      if (when === 'after')
        await expect(store('another', 'key', alder.restart())).rejects.toMatchObject({ code: 'CONFLICT' });
    },
  );

  test.each([1, 2])(
    'repeated while the own peer still lags (%i answers behind) never makes a second version',
    async (answersBehind) => {
      const stored = await store('content');
      const error = new DomainError('NOT_FOUND', 'no such record');
      for (let answer = 0; answer < answersBehind; answer += 1)
        alder.deps.ledger.faults.push({ name: 'record:Get', when: 'before', error });
      const repeated = store('content');
      if (answersBehind === 1) expect(await repeated).toEqual(stored);
      else await expect(repeated).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
      expect(await store('content')).toEqual(stored);
      expect(registrations()).toBe(1);
    },
  );

  test('answers with whichever of its tries the ledger took, also when asked once more', async () => {
    const error = new DomainError('COMMIT_UNKNOWN', 'nobody knows yet');
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'late', error });
    await expect(store('content')).rejects.toBe(error);
    const stored = await store('content');
    expect(await store('content')).toEqual(stored);
    expect(registrations()).toBe(1);
  });

  test('of which an earlier version noted an id that it did not use stores a record', async () => {
    const attempt = { ...memoryAttempt(), noted: () => [{ taken: 'rec_aaaaaaaaaaaaaaaaaaaaaa' }] };
    const stored = await alder.services.storeRecord.storeContent(
      author,
      facts(),
      bytesOf('content'),
      attempt,
    );
    expect(stored.version).toBe(1);
  });

  test('another key, or another scope, is another request', async () => {
    const first = await store('content');
    const second = await store('content', 'another key');
    expect(second.recordId).not.toBe(first.recordId);
  });
});

describe('a store that fails', () => {
  test('because too few hospitals are there anchors nothing', async () => {
    consortium.swarm.absent.add('BirchMSP');
    consortium.swarm.absent.add('CedarMSP');
    await expect(store('content')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(registrations()).toBe(0);
    expect(alder.deps.ledger.calls).toContain('record:Register');
    expect(alder.deps.ledger.ordered).not.toContain('record:Register');
    consortium.swarm.absent.clear();
    expect((await store('content')).version).toBe(1);
  });

  test('by the rules says which one: another hospital cannot write for this patient', async () => {
    const birch = consortium.gateway(1);
    author = await birch.person('physician');
    await expect(store('content', 'key', birch)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    author = await alder.person('insurer');
    await expect(store('content', 'other', alder)).rejects.toMatchObject({ code: 'ROLE_NOT_ENTITLED' });
    expect(registrations()).toBe(0);
  });
});
