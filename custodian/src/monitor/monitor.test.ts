// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DomainError,
  instantOf,
  type Instant,
  type IntentId,
  type ReleaseContext,
  type TxId,
} from '@tutela/chaincode/domain';
import { flipBit } from '@tutela/crypto/testing';
import { ByHospital } from '../by-hospital.js';
import type { HoldWatch } from '../holds/holds.js';
import { Scene } from '../testing/scene.js';
import { judge, type Judgement, type MonitorParts } from './monitor.js';
import { RateLimits } from './rate-limits.js';
import { Readings } from './readings.js';

const MINUTE_MS = 60_000;

let scene: Scene;
let intentId: IntentId;
let honest: ReleaseContext;

beforeAll(async () => {
  scene = await Scene.begin();
  ({ intentId } = await scene.declare());
  const { hospital } = scene.consortium.at(0);
  const { answer } = await scene.world.run(hospital.custodian, 'access:GetReleaseContext', { intentId });
  honest = answer as ReleaseContext;
});
afterAll(() => scene.end());

const asked: string[] = [];

const unheld = { isHeld: () => Promise.resolve(false), isIdentityHeld: () => false };
const allHeld: Partial<MonitorParts> = {
  watchHolds: () => ({ ...unheld, isHeld: () => Promise.resolve(true) }),
};

/** A monitor to which everything is right, and what a test changes of it. */
function parts(change: Partial<MonitorParts> = {}): MonitorParts {
  asked.length = 0;
  const note = <T>(name: string, value: T): T => {
    asked.push(name);
    return value;
  };
  return {
    channel: 'tutela',
    clock: () => scene.world.ledger.nowMs,
    requireFresh: () => note('fresh', Promise.resolve()),
    awaitIntent: () => note('intent', Promise.resolve(honest.intent)),
    readContext: () => note('context', Promise.resolve(honest)),
    readings: new ByHospital(() => new Readings(Date.now)),
    requireConfirmed: () => note('confirmed', Promise.resolve(7)),
    othersTime: () => undefined,
    watchHolds: () => note('holds', unheld),
    limits: new RateLimits({ practitioner: 10, hospital: 10 }),
    shareOf: (set) => note('share', scene.consortium.custodian(0).custody.shareOf(set)),
    ...change,
  };
}

/** The own peer's state with one thing changed. */
function withState(change: Partial<ReleaseContext>): Partial<MonitorParts> {
  return { readContext: () => Promise.resolve({ ...honest, ...change }) };
}

/** The hospital of everyone who reads in these tests. */
const READER = 'BirchMSP';

async function refusal(change: Partial<MonitorParts>): Promise<string> {
  try {
    await judge(parts(change), { intentId }, { asking: READER });
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'not refused';
}

async function codes(change: Partial<MonitorParts>): Promise<readonly string[]> {
  const { outcomes }: Judgement = await judge(parts(change), { intentId }, { asking: READER });
  return outcomes.map((outcome) => (outcome.decision === 'permit' ? 'permit' : outcome.code));
}

function fail(code: ConstructorParameters<typeof DomainError>[0]): () => Promise<never> {
  return () => Promise.reject(new DomainError(code, 'as the test says'));
}

describe('the monitor', () => {
  test('permits what the patient consented to and nothing beside it', async () => {
    expect(await codes({})).toEqual(['permit', 'NO_CONSENT']);
  });

  test('1: asks nothing of a peer that is stale or forked', async () => {
    expect(await refusal({ requireFresh: fail('PEER_STALE') })).toBe('PEER_STALE');
    expect(asked).toEqual(['holds']);
    expect(await refusal({ requireFresh: fail('PEER_FORKED') })).toBe('PEER_FORKED');
  });

  test('2: an intent that the own peer lacks, or the others do not see, is refused before the share is touched', async () => {
    expect(await refusal({ awaitIntent: fail('INTENT_UNCOMMITTED') })).toBe('INTENT_UNCOMMITTED');
    expect(await refusal({ requireConfirmed: fail('PEER_STALE') })).toBe('PEER_STALE');
    expect(asked).not.toContain('share');
  });

  test('2: a peer that answers with another intent gets nowhere', async () => {
    const other = { ...honest.intent, intentId: `in_${'x'.repeat(22)}` as IntentId };
    expect(await refusal(withState({ intent: other }))).toBe('INTENT_UNCOMMITTED');
    expect(await refusal({ awaitIntent: () => Promise.resolve(other) })).toBe('INTENT_UNCOMMITTED');
    expect(await refusal(withState({ intent: { ...honest.intent, txId: 'f'.repeat(64) as TxId } }))).toBe(
      'INTENT_UNCOMMITTED',
    );
  });

  test('1: asks again whether its peer is fresh when its turn has come, before it reads', async () => {
    let [isFresh, times] = [true, 0];
    const requireFresh = (): Promise<void> => {
      times += 1;
      return isFresh ? Promise.resolve() : fail('PEER_STALE')();
    };
    const requireConfirmed = (): Promise<number> => {
      isFresh = false;
      return Promise.resolve(7);
    };
    expect(await refusal({ requireFresh, requireConfirmed })).toBe('PEER_STALE');
    expect([times, asked.includes('context')]).toEqual([2, false]);
  });

  test('2: the lifetime ends at its last millisecond, by the own clock and by that of the others', async () => {
    const { nowMs } = scene.world.ledger;
    expect(await codes({ clock: () => nowMs + 15 * MINUTE_MS - 1 })).toEqual(['permit', 'NO_CONSENT']);
    expect(await refusal({ clock: () => nowMs + 15 * MINUTE_MS })).toBe('INTENT_EXPIRED');
    expect(await refusal({ othersTime: () => instantOf(nowMs + 15 * MINUTE_MS) })).toBe('INTENT_EXPIRED');
  });

  test('attack 10: an intent from the future, or from long ago, is none', async () => {
    const { nowMs } = scene.world.ledger;
    const declared = (ms: number): Partial<MonitorParts> =>
      withState({ intent: { ...honest.intent, declaredAt: instantOf(nowMs + ms) } });
    expect(await codes(declared(5 * MINUTE_MS))).toEqual(['permit', 'NO_CONSENT']);
    expect(await refusal(declared(5 * MINUTE_MS + 1))).toBe('INTENT_EXPIRED');
    expect(await refusal(declared(-15 * MINUTE_MS))).toBe('INTENT_EXPIRED');
  });

  test('attack 6: a person or hospital that may no longer act gets nothing, whatever the intent was', async () => {
    const suspended = { ...honest.practitioner, status: 'suspended' } as const;
    const banned = { ...honest.hospital, status: 'banned' } as const;
    expect(await refusal(withState({ practitioner: suspended }))).toBe('CALLER_INACTIVE');
    expect(await refusal(withState({ hospital: banned }))).toBe('CALLER_INACTIVE');
    const other = { ...honest.practitioner, practitionerId: scene.author.id };
    expect(await refusal(withState({ practitioner: other }))).toBe('CALLER_UNKNOWN');
  });

  test('attack 6: a role that changed a block ago decides', async () => {
    const pharmacist = { ...honest.practitioner, role: 'pharmacist' } as const;
    expect(await codes(withState({ practitioner: pharmacist }))).toEqual(['ROLE_NOT_ENTITLED', 'NO_CONSENT']);
  });

  test('attack §15.15: a consent in state without the patient’s signature opens nothing', async () => {
    const forged = honest.consents.map((consent) => ({
      ...consent,
      signature: `${consent.signature.startsWith('A') ? 'B' : 'A'}${consent.signature.slice(1)}`,
    }));
    expect(await codes(withState({ consents: forged }))).toEqual(['SIGNATURE_INVALID', 'NO_CONSENT']);
    const widened = honest.consents.map((consent) => ({
      ...consent,
      statement: { ...consent.statement, categories: ['laboratory', 'notes'] as const },
    }));
    expect(await codes(withState({ consents: widened }))).toEqual(['SIGNATURE_INVALID', 'NO_CONSENT']);
  });

  test('attack 15: a revocation in current state counts, though the intent was permitted', async () => {
    const revoked = honest.consents.map((consent) => ({
      ...consent,
      revocation: { revokedAt: honest.intent.declaredAt } as never,
    }));
    expect(await codes(withState({ consents: revoked }))).toEqual(['NO_CONSENT', 'NO_CONSENT']);
  });

  test('attack 11 and §15.19: a window closes by the own clock or by the others’ clock, whichever is later', async () => {
    const until = (honest.consents[0]?.statement.validUntil ?? '') as Instant;
    const late = { clock: () => Date.parse(until) };
    const times = [-MINUTE_MS, 14 * MINUTE_MS].map((ms) => instantOf(Date.parse(until) + ms));
    const [declaredAt = until, expiresAt = until] = times;
    const intent = { ...honest.intent, declaredAt, expiresAt };
    expect(await codes({ ...withState({ intent }), clock: () => Date.parse(until) - 1 })).toEqual([
      'permit',
      'NO_CONSENT',
    ]);
    expect(await codes({ ...withState({ intent }), ...late })).toEqual(['NO_CONSENT', 'NO_CONSENT']);
    const slowClock = { clock: () => Date.parse(until) - 4 * MINUTE_MS, othersTime: () => until };
    expect(await codes({ ...withState({ intent }), ...slowClock })).toEqual(['NO_CONSENT', 'NO_CONSENT']);
  });

  test('attack 13: break-glass is never covered by a consent', async () => {
    const intent = { ...honest.intent, purpose: 'BTG' } as const;
    expect(await codes(withState({ intent }))).toEqual(['NO_CONSENT', 'NO_CONSENT']);
  });

  test('attack 20: a limited consent under which this intent was not counted gives nothing', async () => {
    const { consentId } = honest.consents[0]?.statement ?? {};
    const signed = scene.world.consent(scene.patient, {
      grantee: { kind: 'hospital', mspId: scene.doctor.mspId },
      maxReads: 1,
    });
    const limited = {
      ...signed,
      v: 1,
      grantedAt: honest.intent.declaredAt,
      txId: honest.intent.txId,
    } as const;
    const used = honest.intent.segments.map((segment) =>
      segment.decision === 'permit' ? { ...segment, consentId: limited.statement.consentId } : segment,
    );
    const counted = { ...honest.intent, segments: used };
    const once = { [limited.statement.consentId]: 1 };
    expect(await codes(withState({ consents: [limited], intent: counted, reads: once }))).toEqual([
      'permit',
      'NO_CONSENT',
    ]);
    expect(
      await codes(
        withState({ consents: [limited], intent: counted, reads: { [limited.statement.consentId]: 2 } }),
      ),
    ).toEqual(['READS_EXHAUSTED', 'NO_CONSENT']);
    expect(consentId).not.toBe(limited.statement.consentId);
    expect(await codes(withState({ consents: [limited], reads: {} }))).toEqual([
      'READS_EXHAUSTED',
      'NO_CONSENT',
    ]);
  });

  test('6: a hold takes the consent away, and a held refusal still refuses', async () => {
    expect(await codes(allHeld)).toEqual(['HELD', 'NO_CONSENT']);
    const signed = scene.world.consent(scene.patient, {
      grantee: { kind: 'hospital', mspId: scene.doctor.mspId },
      decision: 'deny',
    });
    const denied = {
      ...signed,
      v: 1,
      grantedAt: honest.intent.declaredAt,
      txId: honest.intent.txId,
    } as const;
    const isHeld: HoldWatch['isHeld'] = ({ consentId: id }) =>
      Promise.resolve(id === denied.statement.consentId);
    const watchHolds = () => ({ ...unheld, isHeld });
    const consents = [...honest.consents, denied];
    expect(await codes({ ...withState({ consents }), watchHolds })).toEqual(['CONSENT_DENIED', 'NO_CONSENT']);
  });

  test('6: holds are watched from before the state is read, so that one which ends meanwhile is not missed', async () => {
    await codes({});
    expect(asked.indexOf('holds')).toBeLessThan(asked.indexOf('context'));
    expect(asked[0]).toBe('holds');
  });

  test('7: counts intents by itself, a repeat once, and refuses before it touches the share', async () => {
    const limits = new RateLimits({ practitioner: 1, hospital: 5 });
    expect(await codes({ limits })).toEqual(['permit', 'NO_CONSENT']);
    expect(await codes({ limits })).toEqual(['permit', 'NO_CONSENT']);
    const other = new RateLimits({ practitioner: 1, hospital: 5 });
    other.admit(
      { intentId: `in_${'y'.repeat(22)}` as IntentId, requester: honest.intent.requester },
      scene.world.ledger.nowMs,
    );
    expect(await refusal({ limits: other })).toBe('RATE_LIMITED');
    expect(asked).not.toContain('share');
  });

  test('attack §15.2: a label or a manifest that is not what was anchored is refused', async () => {
    const [first] = honest.records;
    if (first?.manifest === undefined) throw new Error('no record');
    const { version, manifest } = first;
    const labels = version.labels.map(({ segmentId }) => ({
      segmentId,
      label: version.labels[1]?.label ?? '',
    }));
    expect(await codes(withState({ records: [{ manifest, version: { ...version, labels } }] }))).toEqual([
      'LABEL_MISMATCH',
      'NO_CONSENT',
    ]);
    const summary = manifest.segments.map((segment) => ({ ...segment, class: 'summary' as const }));
    expect(
      await codes(withState({ records: [{ version, manifest: { ...manifest, segments: summary } }] })),
    ).toEqual(['MANIFEST_MISMATCH', 'NO_CONSENT']);
  });

  test('attack 25: a capsule under another segment is refused', async () => {
    const [one, two] = honest.capsules;
    const [own] = scene.record.vault.capsules;
    const [, other] = scene.record.vault.capsules;
    if (one === undefined || own === undefined || other === undefined) throw new Error('no capsules');
    expect(two).toBeUndefined();
    const swapped = [{ ref: one.ref, capsule: other.capsule }];
    expect(await codes(withState({ capsules: swapped }))).toEqual(['CAPSULE_INVALID', 'NO_CONSENT']);
  });

  test('attack §15.3: a capsule with any flipped bit is refused', async () => {
    const [one] = honest.capsules;
    if (one === undefined) throw new Error('no capsule');
    for (const bit of [3, 20, 300, 600, 900, 1_200]) {
      const capsule = Buffer.from(flipBit(Buffer.from(one.capsule, 'base64url'), bit)).toString('base64url');
      expect(await codes(withState({ capsules: [{ ref: one.ref, capsule }] }))).toEqual([
        'CAPSULE_INVALID',
        'NO_CONSENT',
      ]);
    }
  });

  test('attack §15.33: an erased record is refused although the peer still has manifest and capsule', async () => {
    const records = honest.records.map(({ version, manifest }) => ({
      version: { ...version, status: 'erased' as const },
      ...(manifest === undefined ? {} : { manifest }),
    }));
    expect(await codes(withState({ records }))).toEqual(['ERASED', 'NO_CONSENT']);
  });

  test('the checks stand in their order: the first that fails names the refusal', async () => {
    const suspended = { ...honest.practitioner, status: 'suspended' } as const;
    const late = { clock: () => scene.world.ledger.nowMs + 16 * MINUTE_MS };
    const everything = { ...withState({ practitioner: suspended }), ...late, ...allHeld };
    expect(await refusal({ ...everything, requireFresh: fail('PEER_STALE') })).toBe('PEER_STALE');
    expect(await refusal({ ...everything, requireConfirmed: fail('INTENT_UNCOMMITTED') })).toBe(
      'INTENT_UNCOMMITTED',
    );
    expect(await refusal(everything)).toBe('INTENT_EXPIRED');
    expect(await refusal({ ...everything, clock: () => scene.world.ledger.nowMs })).toBe('CALLER_INACTIVE');
  });

  test('a custodian without a share of the active key refuses with CUSTODY_INACTIVE', async () => {
    const custodians = { ...honest.custodians, epoch: 9 };
    expect(await refusal(withState({ custodians }))).toBe('CUSTODY_INACTIVE');
  });
});
