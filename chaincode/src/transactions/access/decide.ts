// SPDX-License-Identifier: Apache-2.0
import type { Consent } from '../../domain/consent.js';
import { isActiveAmong, vouchedFor, type Emergency } from '../../domain/emergency.js';
import type { ConsentId } from '../../domain/ids.js';
import type { DeclareIntent, IntentSegment } from '../../domain/intent.js';
import { decideByConsent, decideByEmergency, type Decision, type Requester } from '../../domain/policy.js';
import type { Manifest, RecordVersion, SegmentRef } from '../../domain/record.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { list, read } from '../../state/store.js';
import { readVaults } from '../../state/vault.js';
import { consentsUnderPresentKey } from '../consent/under-present-key.js';
import { isSuspended, reproaches } from '../emergency/suspension.js';
import { vouchersOf } from '../emergency/vouchers.js';

type Version = Readonly<{ version: RecordVersion; manifest?: Manifest }>;
type Rule = (question: Parameters<typeof decideByConsent>[0]) => Decision;

/** Decides every segment of a declared intent on the patient's consents or on one emergency, in current state. */
export async function decide(
  ledger: Ledger,
  asked: DeclareIntent,
  requester: Requester,
): Promise<Readonly<{ segments: readonly IntentSegment[]; counted: readonly ConsentId[] }>> {
  const consents = asked.basis.kind === 'consent' ? await consentsUnderPresentKey(ledger, asked.handle) : [];
  const [rule, versions] = await Promise.all([
    asked.basis.kind === 'consent'
      ? consentRule(ledger, consents)
      : emergencyRule(ledger, asked.basis.emergencyId, requester),
    readVersions(ledger, asked.segments),
  ]);
  const segments = asked.segments.map((ref) => ({
    ...ref,
    ...decideOne({ ledger, asked, requester, rule }, ref, versions.get(nameOf(ref))),
  }));
  return { segments, counted: countedConsents(segments, consents) };
}

function decideOne(
  {
    ledger,
    asked,
    requester,
    rule,
  }: Readonly<{ ledger: Ledger; asked: DeclareIntent; requester: Requester; rule: Rule }>,
  ref: SegmentRef,
  found: Version | undefined,
): Decision {
  if (found?.version.ownerHandle !== asked.handle) return { decision: 'deny', code: 'NOT_FOUND' };
  if (found.version.status === 'erased') return { decision: 'deny', code: 'ERASED' };
  const segment = found.manifest?.segments.find(({ segmentId }) => segmentId === ref.segmentId);
  if (segment === undefined) return { decision: 'deny', code: 'NOT_FOUND' };
  const facts = { ...segment, recordId: ref.recordId, ownerHandle: asked.handle };
  return rule({ requester, segment: facts, purpose: asked.purpose, at: ledger.now });
}

async function consentRule(ledger: Ledger, consents: readonly Consent[]): Promise<Rule> {
  const limited = consents.filter(
    ({ statement, revocation }) => statement.maxReads !== undefined && revocation === undefined,
  );
  const counts = await Promise.all(
    limited.map(async ({ statement: { consentId } }) => {
      const uses = await list(ledger, keys.read(consentId));
      return [consentId, uses.length] as const;
    }),
  );
  const reads = new Map<ConsentId, number>(counts);
  return (question) => decideByConsent(question, consents, (id) => reads.get(id) ?? 0);
}

async function emergencyRule(
  ledger: Ledger,
  id: Emergency['emergencyId'],
  requester: Requester,
): Promise<Rule> {
  const [emergency, against] = await Promise.all([
    read(ledger, keys.emergency(id)),
    reproaches(ledger, requester.mspId),
  ]);
  if (emergency === undefined) return () => ({ decision: 'deny', code: 'EMERGENCY_NOT_OPEN' });
  if (isSuspended(against, emergency.requester))
    return () => ({ decision: 'deny', code: 'EMERGENCY_SUSPENDED' });
  const standing = vouchedFor(emergency, isActiveAmong(await vouchersOf(ledger, emergency)));
  return (question) => decideByEmergency(question, standing);
}

async function readVersions(
  ledger: Ledger,
  refs: readonly SegmentRef[],
): Promise<ReadonlyMap<string, Version>> {
  const distinct = [...new Map(refs.map((ref) => [nameOf(ref), ref])).values()];
  const [versions, vaults] = await Promise.all([
    Promise.all(distinct.map(({ recordId, version }) => read(ledger, keys.record(recordId, version)))),
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

function countedConsents(
  segments: readonly IntentSegment[],
  consents: readonly Consent[],
): readonly ConsentId[] {
  const limited = new Set(
    consents
      .filter(({ statement }) => statement.maxReads !== undefined)
      .map(({ statement }) => statement.consentId),
  );
  const used = segments.flatMap((segment) =>
    segment.decision === 'permit' && segment.consentId !== undefined ? [segment.consentId] : [],
  );
  return [...new Set(used)].filter((id) => limited.has(id));
}

function nameOf({ recordId, version }: SegmentRef): string {
  return `${recordId}@${version}`;
}
