// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { decodeBase64url, encodeBase64url, sealCapsule, sha256 } from '@tutela/crypto';
import type { CustodianSet } from '../domain/custody.js';
import {
  manifestHash,
  segmentLabelHash,
  type Manifest,
  type RecordVault,
  type RegisterRecord,
  type Segment,
} from '../domain/record.js';
import type { Category, SegmentClass } from '../domain/vocabulary.js';
import { cidOf } from './cid.js';

/** What a test says of a segment; the rest is filled in. */
export type SegmentPlan = Readonly<{ category: Category; class?: SegmentClass; dateBucket?: string }>;

/** Arguments and transient data of `record:Register`, with real labels and capsules. */
export type PreparedRecord = Readonly<{ request: RegisterRecord; vault: RecordVault }>;

/** A manifest with one small part for each planned segment. */
export function planManifest(
  base: Pick<Manifest, 'recordId' | 'version' | 'ownerHandle' | 'author'>,
  segments: readonly (SegmentPlan & Readonly<{ segmentId: string; salt: string }>)[],
): Manifest {
  const manifest = {
    v: 1,
    suite: 1,
    channel: 'tutela',
    ...base,
    policy: {},
    segments: segments.map(planSegment),
  };
  // Every id in it came from a decoder or from the test's own source of names.
  return manifest as unknown as Manifest;
}

/** Labels and seals every segment of a manifest to the custodians. */
export function prepareRecord(
  manifest: Manifest,
  custodians: Pick<CustodianSet, 'kid' | 'publicKey'>,
): PreparedRecord {
  const sealed = manifest.segments.map((segment) => sealSegment(manifest, segment, custodians));
  const { recordId, version, ownerHandle } = manifest;
  const labels = sealed.map(({ segmentId, label }) => ({ segmentId, label }));
  const capsules = sealed.map(({ segmentId, capsule }) => ({ segmentId, capsule }));
  return {
    request: { recordId, version, ownerHandle, manifestHash: manifestHash(manifest, sha256), labels },
    vault: { manifest, capsules },
  };
}

function planSegment({
  category,
  class: of,
  dateBucket,
  segmentId,
  salt,
}: SegmentPlan & { segmentId: string; salt: string }): object {
  const hash = (what: string): string =>
    createHash('sha256').update(`${what} ${segmentId}`).digest('base64url');
  return {
    segmentId,
    class: of ?? (category === 'summary' ? 'summary' : 'standard'),
    category,
    dateBucket: dateBucket ?? '2026-02',
    securityLabels: [],
    parts: [{ cid: cidOf(segmentId), size: 100, sha256: hash('part') }],
    size: 100,
    sha256: hash('part'),
    com: hash('commitment'),
    ptag: hash('tag'),
    layers: [],
    salt,
  };
}

function sealSegment(
  manifest: Manifest,
  segment: Segment,
  { kid, publicKey }: Pick<CustodianSet, 'kid' | 'publicKey'>,
): Readonly<{ segmentId: Segment['segmentId']; label: string; capsule: string }> {
  const label = segmentLabelHash(manifest, segment, kid, sha256);
  const key = createHash('sha256').update(`key of ${segment.segmentId}`).digest();
  const capsule = sealCapsule({ publicKey: decodeBase64url(publicKey), label }, key);
  return { segmentId: segment.segmentId, label: encodeBase64url(label), capsule: encodeBase64url(capsule) };
}
