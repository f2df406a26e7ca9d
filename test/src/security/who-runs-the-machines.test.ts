// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { journalLine, lineHash } from '@tutela/custodian';
import { z } from 'zod';
import { declare, openOnly, openSegment, readAudit } from '../support/clinic.js';
import { CustodianClient } from '../support/custodian-client.js';
import { viewCustody } from '../support/custody.js';
import { readBlock } from '../support/disk-blocks.js';
import { filesHolding } from '../support/disk-search.js';
import { askCustodians } from '../support/insider-acts.js';
import { insider, releaseContextAt } from '../support/insider.js';
import { ledgerRefusal } from '../support/ledger-client.js';
import { askOperator } from '../support/operator-socket.js';
import { ownId, randomBytes32, randomId } from '../support/random-id.js';
import { readAmongLies } from '../support/read-among-lies.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';
import { sharedStateDir } from '../support/shared-consortium.js';
import { recoverStolen, stealShares, tryToOpen } from '../support/thief.js';

const releases = z.looseObject({
  replies: z.array(z.looseObject({ reply: z.looseObject({ sealed: z.string() }) })),
});
const HOUR_MS = 3_600_000;
const journal = z.looseObject({ lines: z.array(z.unknown()) });

describe('who runs the machines', () => {
  const scene = useScene();

  test('attack 26: whole disks of fewer than t hospitals open nothing, and no disk keeps a key that was used', async () => {
    const { consortium, content, home, patient, reader, record } = scene();
    const { recordId } = record;
    const segmentId = record.segments[0]?.segmentId ?? '';
    const intent = await declare(reader, { patient, recordId });
    expect(await openSegment(reader, intent, segmentId)).toEqual(content);
    const context = await releaseContextAt(home, intent.intentId);
    const { threshold } = context.custodians;
    const disks = consortium.hospitals.map(({ diskDir }) => diskDir);
    const digest = context.records[0]?.manifest?.segments[0]?.parts[0]?.sha256 ?? '';
    const ciphertext = await readBlock(disks, digest);
    const stolen = await Promise.all(consortium.hospitals.map(stealShares));
    const few = { shares: stolen.slice(0, threshold - 1).flat(), ciphertext };
    expect(tryToOpen(context, segmentId, few)).toEqual({
      genuineShares: threshold - 1,
      threshold,
      combining: 'SHARE_SET',
      decrypting: 'KEY_COMMITMENT',
    });
    // One disk more, and the same thief has the key: that is what a threshold says. No disk holds it ready-made.
    const key = Buffer.from(recoverStolen(context, segmentId, stolen.slice(0, threshold).flat()));
    const forms = (['base64url', 'base64', 'hex'] as const).map((form) => Buffer.from(key.toString(form)));
    expect(await filesHolding(sharedStateDir, [key, ...forms])).toEqual([]);
  });

  test('attack 27: a custodian believes no request: without a committed intent it releases nothing', async () => {
    const { away, consortium } = scene();
    const thief = new CustodianClient(away);
    for (const hospital of consortium.hospitals) {
      const refusal = await refusalOf(thief.post(hospital, '/v1/releases', { intentId: randomId('intent') }));
      expect(refusal.code).toBe('INTENT_UNCOMMITTED');
    }
    await thief.close();
  });

  test('attack 27: a gateway’s own keys declare no intent', async () => {
    const { away, patient, record } = scene();
    const ledger = insider(away, 'gateway');
    const { recordId, version, segments } = record;
    const refusal = await ledgerRefusal(
      ledger.submit('access:DeclareIntent', {
        intentId: ownId('intent', away.mspId),
        handle: patient.handle,
        purpose: 'TREAT',
        basis: { kind: 'consent' },
        sessionKey: randomBytes32(),
        segments: segments.map(({ segmentId }) => ({ recordId, version, segmentId })),
      }),
    );
    ledger.close();
    expect(refusal.code).toBe('CALLER_NOT_ENTITLED');
  });

  test('attack 27: another’s intent gives a thief shares that only the reader’s session key opens', async () => {
    const { away, consortium, patient, reader, record } = scene();
    const intent = await declare(reader, { patient, recordId: record.recordId });
    // To any other hospital the intent does not exist; a thief with the reader's own hospital's key is answered.
    const everywhere = consortium.hospitals.map(() => 'INTENT_UNCOMMITTED');
    expect(await askCustodians(consortium, consortium.at(0), intent)).toEqual(everywhere);
    const thief = new CustodianClient(away);
    const answers = await Promise.all(
      consortium.hospitals.map((hospital) =>
        thief.post(hospital, '/v1/releases', { intentId: intent.intentId }),
      ),
    );
    await thief.close();
    const sealed = answers.flatMap((answer) => releases.parse(answer).replies);
    expect(sealed).toHaveLength(consortium.hospitals.length);
    // An X25519 encapsulation, a share of 96 bytes and a tag: nothing of it is in the clear.
    for (const { reply } of sealed) expect(Buffer.from(reply.sealed, 'base64url')).toHaveLength(32 + 96 + 16);
  });

  test('attack 28: a custodian that hangs holds nobody up', async () => {
    const { consortium, content, patient, reader, record } = scene();
    const last = consortium.at(consortium.hospitals.length - 1);
    await consortium.processes.signal(last.id, 'custodian', 'SIGSTOP');
    try {
      const started = performance.now();
      expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
      expect(performance.now() - started).toBeLessThan(15_000);
    } finally {
      await consortium.processes.signal(last.id, 'custodian', 'SIGCONT');
    }
  });

  test.each([
    ['malformed', true],
    ['unopenable', false],
  ] as const)(
    'attack 42: a custodian that signs a %s share keeps no one from reading, and no content is marked corrupt',
    async (lie, convicts) => {
      const { consortium, content, home, patient, physician, reader, record } = scene();
      const { recordId, segments } = record;
      const reading = {
        consortium,
        home,
        reader,
        patient,
        recordId,
        segmentId: segments[0]?.segmentId ?? '',
      };
      const { accusations: before } = await viewCustody(home.administrator);
      const { liar, bytes, accused } = await readAmongLies(reading, lie);
      expect(bytes).toEqual(content);
      expect(accused).toBe(convicts ? liar : undefined);
      const { accusations } = await viewCustody(home.administrator);
      const known = before.map(({ txId }) => txId);
      const written = accusations.filter(({ txId }) => !known.includes(txId));
      expect(written.map(({ custodian }) => custodian)).toEqual(convicts ? [liar] : []);
      const window = patient.auditRead(Date.now() - HOUR_MS, Date.now() + HOUR_MS);
      const acts = (await readAudit(physician, window)).map(({ act }) => act);
      expect(acts).not.toContain('content-corrupt');
    },
  );

  test('attack 30: a custodian’s journal is a chain without gaps', async () => {
    const { consortium } = scene();
    for (const { custodianSocket } of consortium.hospitals) {
      const { lines } = journal.parse(await askOperator(custodianSocket, 'GET', '/journal?from=1'));
      expect(lines.length).toBeGreaterThan(0);
      const parsed = lines.map((line) => journalLine.parse(line));
      const numbers = parsed.map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, position) => (numbers[0] ?? 0) + position));
      expect(parsed.slice(1).map(({ prevHash }) => prevHash)).toEqual(parsed.slice(0, -1).map(lineHash));
    }
  });

  test('attack 30: an entry of the audit is written by an act, and in no other way', async () => {
    const { away } = scene();
    const ledger = insider(away, 'registrar');
    await expect(ledger.submit('audit:Append', { act: 'intent-declared' })).rejects.toThrow();
    ledger.close();
  });
});
