// SPDX-License-Identifier: Apache-2.0
import type { SignedDegradedRequest } from '../../domain/degraded.js';
import type { Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import { decideByEmergency, type Requester } from '../../domain/policy.js';
import type { Manifest, SegmentRef } from '../../domain/record.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { findVault } from '../../state/vault.js';

type Reach = Readonly<{ emergency: Emergency; requester: Requester }>;

/**
 * Throws NOT_FOUND unless every segment of a request is one of the patient's, and the code of the rule for one beyond
 * the emergency's reach. What was erased since, or has not arrived at this peer, is taken as it stands: its manifest could
 * say more, but what this one peer lacks counts against no person.
 */
export async function requireReach(
  reader: Reader,
  { statement: { segments } }: SignedDegradedRequest,
  reach: Reach,
): Promise<void> {
  const versions = Map.groupBy(segments, ({ recordId, version }) => `${recordId}@${version}`);
  // One manifest at a time: a request may name many large ones.
  for (const refs of versions.values()) await requireVersion(reader, refs, reach);
}

async function requireVersion(reader: Reader, refs: readonly SegmentRef[], reach: Reach): Promise<void> {
  const [first] = refs;
  if (first === undefined) return;
  const found = await read(reader, keys.record(first.recordId, first.version));
  if (found?.ownerHandle !== reach.emergency.handle) throw notFound();
  const known = new Set(found.labels.map(({ segmentId }) => segmentId));
  if (!refs.every(({ segmentId }) => known.has(segmentId))) throw notFound();
  const manifest = (await findVault(reader, first.recordId, first.version))?.manifest;
  if (manifest !== undefined) for (const ref of refs) requireSegment(manifest, ref, reach);
}

function requireSegment(
  { segments, ownerHandle }: Manifest,
  { recordId, segmentId }: SegmentRef,
  { emergency, requester }: Reach,
): void {
  const segment = segments.find((one) => one.segmentId === segmentId);
  if (segment === undefined) throw notFound();
  const facts = { ...segment, recordId, ownerHandle };
  const at = emergency.requester.at;
  const decision = decideByEmergency({ requester, segment: facts, purpose: 'BTG', at }, emergency);
  if (decision.decision === 'deny')
    throw new DomainError(decision.code, 'this emergency does not reach a segment that it names');
}

function notFound(): DomainError {
  return new DomainError('NOT_FOUND', 'the patient has no such segment');
}
