// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import {
  DomainError,
  segmentLabelHash,
  segmentNameOf,
  toBase64Url,
  type DegradedContext,
  type Manifest,
  type Segment,
  type SegmentId,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { commitToKey, decodeBase64url, partsDigest, streamSaltOf } from '@tutela/crypto';
import { GATEWAY } from '../../ledger/actor.js';
import type { CustodyDirectory } from '../custody-directory.js';
import { CorruptContent } from '../corrupt-content.js';
import { sha256 } from '../hashing.js';
import { openContent, SegmentHeads, type SegmentHead } from '../open-content.js';
import type { PartFetcher } from '../part-fetcher.js';
import { streamSecret } from '../seal-segment.js';
import type { ServiceDeps } from '../service-deps.js';
import type { WantedKey } from '../wanted-key.js';
import type { DegradedContent } from './degraded-emergencies.js';
import { degradedKey, type OpenedDegraded } from './degraded-key.js';

export type DegradedDeps = ServiceDeps & Readonly<{ custody: CustodyDirectory; fetcher: PartFetcher }>;

type Found = Readonly<{ ref: SegmentRef; manifest: Manifest; segment: Segment; capsule: string }>;

/** Opens one segment of an acknowledged request: key from the custodians, ciphertext from the swarm. */
export async function degradedContent(
  deps: DegradedDeps,
  opened: OpenedDegraded,
  segmentId: SegmentId,
  signal?: AbortSignal,
): Promise<DegradedContent> {
  const { statement } = opened.release.request;
  const ref = statement.segments.find((one) => one.segmentId === segmentId);
  if (ref === undefined) throw new DomainError('NOT_FOUND', 'this request names no such segment');
  const { handle, scope, requester } = statement;
  const question = { handle, scope, people: [requester], segments: [ref] };
  const context = await deps.ledger.evaluate(GATEWAY, 'degraded:GetContext', question);
  const found = findIn(context, ref);
  const head = await new SegmentHeads(deps.fetcher).of(requireWhole(found).segment, signal);
  const { manifest, segment } = found;
  const dek = await degradedKey(deps, opened, {
    set: context.custodians,
    author: manifest.author,
    wanted: wantedKey(found, head, context),
  });
  const secret = streamSecret(manifest.channel, manifest, ref.segmentId, dek);
  const content = await openContent({
    fetcher: deps.fetcher,
    segment,
    secret,
    head,
    ...(signal && { signal }),
  });
  return { contentType: content.header.contentType, size: content.size, body: content.read() };
}

/** The segment as the last known state has it, tied to its public label. */
function findIn({ records, capsules, custodians }: DegradedContext, ref: SegmentRef): Found {
  const record = records.find(
    ({ version }) => version.recordId === ref.recordId && version.version === ref.version,
  );
  const manifest = record?.manifest;
  const segment = manifest?.segments.find(({ segmentId }) => segmentId === ref.segmentId);
  const capsule = capsules.find((one) => segmentNameOf(one.ref) === segmentNameOf(ref))?.capsule;
  if (record === undefined || manifest === undefined || segment === undefined || capsule === undefined)
    throw new DomainError('ERASED', 'what opens this segment is gone');
  const label = record.version.labels.find(({ segmentId }) => segmentId === ref.segmentId)?.label;
  if (toBase64Url(segmentLabelHash(manifest, segment, custodians.kid, sha256)) !== label)
    throw new DomainError('LABEL_MISMATCH', 'the segment is not the one that was anchored');
  return { ref, manifest, segment, capsule };
}

/** Throws CONTENT_CORRUPT unless the parts of a segment are the whole that was anchored. */
function requireWhole(found: Found): Found {
  const { parts, sha256: anchored, size } = found.segment;
  const digest = partsDigest(parts.map((part) => decodeBase64url(part.sha256)));
  const total = parts.reduce((sum, part) => sum + part.size, 0);
  if (!same(digest, decodeBase64url(anchored)) || total !== size)
    throw new CorruptContent('the parts of this content are not the whole that was anchored');
  return found;
}

function wantedKey(
  { ref, manifest, segment, capsule }: Found,
  { streamHeader }: SegmentHead,
  { custodians }: DegradedContext,
): WantedKey {
  const salt = streamSaltOf(streamHeader);
  const commitment = decodeBase64url(segment.com);
  return {
    ref,
    label: segmentLabelHash(manifest, segment, custodians.kid, sha256),
    capsule: decodeBase64url(capsule),
    accepts: (key) => same(commitToKey(key, salt), commitment),
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
