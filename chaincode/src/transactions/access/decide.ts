// SPDX-License-Identifier: Apache-2.0
import { comparisonsOf } from '../../domain/consent.js';
import type { Emergency } from '../../domain/emergency.js';
import type { DeclareIntent, IntentSegment } from '../../domain/intent.js';
import {
  decideByConsent,
  decidingByReads,
  type ConsentQuestion,
  type Decision,
  type Requester,
} from '../../domain/policy.js';
import type { Manifest, RecordVersion, SegmentRef } from '../../domain/record.js';
import { Pace } from '../../state/in-turn.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { readVersion } from '../../state/records.js';
import { read } from '../../state/store.js';
import { readVaults } from '../../state/vault.js';
import { consentsDeciding } from '../consent/standing.js';
import { emergencyRule } from '../emergency/rule.js';
import { ReadCounters } from './read-counts.js';

type Version = Readonly<{ version: RecordVersion; manifest?: Manifest }>;
type Rule = (question: ConsentQuestion) => Decision | Promise<Decision>;

/** Decides every segment of a declared intent on the patient's consents or on one emergency, in current state. */
export async function decide(
  ledger: Ledger,
  asked: DeclareIntent,
  requester: Requester,
): Promise<Readonly<{ segments: readonly IntentSegment[]; counters: ReadCounters }>> {
  const counters = new ReadCounters(ledger);
  const [rule, versions] = await Promise.all([
    asked.basis.kind === 'consent'
      ? consentRule(ledger, asked, requester, counters)
      : ruleOf(ledger, asked.basis.emergencyId, requester),
    readVersions(ledger, asked.segments),
  ]);
  const segments: IntentSegment[] = [];
  for (const ref of asked.segments) {
    const decision = await decideOne({ ledger, asked, requester, rule }, ref, versions.get(nameOf(ref)));
    segments.push({ ...ref, ...decision });
  }
  return { segments, counters };
}

async function decideOne(
  {
    ledger,
    asked,
    requester,
    rule,
  }: Readonly<{ ledger: Ledger; asked: DeclareIntent; requester: Requester; rule: Rule }>,
  ref: SegmentRef,
  found: Version | undefined,
): Promise<Decision> {
  if (found?.version.ownerHandle !== asked.handle) return { decision: 'deny', code: 'NOT_FOUND' };
  if (found.version.status === 'erased') return { decision: 'deny', code: 'ERASED' };
  const segment = found.manifest?.segments.find(({ segmentId }) => segmentId === ref.segmentId);
  if (segment === undefined) return { decision: 'deny', code: 'NOT_FOUND' };
  const facts = { ...segment, recordId: ref.recordId, ownerHandle: asked.handle };
  return rule({ requester, segment: facts, purpose: asked.purpose, at: ledger.now });
}

/**
 * Only the counters of limited consents that decide an asked segment are read: what is read may conflict at commit,
 * and readers under another consent of the patient must not keep this one from opening anything.
 */
async function consentRule(
  ledger: Ledger,
  { handle }: Pick<DeclareIntent, 'handle'>,
  { mspId }: Requester,
  counters: ReadCounters,
): Promise<Rule> {
  const consents = await consentsDeciding(ledger, handle, mspId);
  const [pace, comparisons] = [new Pace(ledger), comparisonsOf(consents)];
  return async (question) => {
    await pace.before(2 * comparisons);
    for (const consent of decidingByReads(question, consents)) if (await counters.hasRoom(consent)) break;
    return decideByConsent(question, consents, (id) => (counters.wasFree(id) ? 0 : Infinity));
  };
}

async function ruleOf(ledger: Ledger, id: Emergency['emergencyId'], requester: Requester): Promise<Rule> {
  const emergency = await read(ledger, keys.emergency(id));
  if (emergency === undefined) return () => ({ decision: 'deny', code: 'EMERGENCY_NOT_OPEN' });
  return emergencyRule(ledger, emergency, requester);
}

async function readVersions(
  ledger: Ledger,
  refs: readonly SegmentRef[],
): Promise<ReadonlyMap<string, Version>> {
  const distinct = [...new Map(refs.map((ref) => [nameOf(ref), ref])).values()];
  const [versions, vaults] = await Promise.all([
    Promise.all(distinct.map(({ recordId, version }) => readVersion(ledger, recordId, version))),
    readVaults(ledger, distinct),
  ]);
  return new Map(
    distinct.flatMap((ref, position) => {
      const version = versions[position];
      return version === undefined
        ? []
        : [[nameOf(ref), withManifest(version, vaults[position]?.manifest)] as const];
    }),
  );
}

function withManifest(version: RecordVersion, manifest: Manifest | undefined): Version {
  return manifest === undefined ? { version } : { version, manifest };
}

function nameOf({ recordId, version }: SegmentRef): string {
  return `${recordId}@${version}`;
}
