// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  capsuleHash,
  DomainError,
  manifestHash,
  segmentLabelHash,
  toBase64Url,
  type Intent,
  type Manifest,
  type ReleaseContext,
  type Segment,
  type SegmentFacts,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import {
  CryptoError,
  decodeBase64url,
  encodeShare,
  keyId,
  makeShare,
  type SecretShare,
} from '@tutela/crypto';

/** A segment as the ledger shows it, found and tied to its anchored manifest. */
export type FoundSegment = Readonly<{
  ref: SegmentRef;
  manifest: Manifest;
  segment: Segment;
  facts: SegmentFacts;
  label: string;
  capsule: string;
}>;

/** A share, and what it is of. */
export type OpenedSegment = Readonly<{ label: Uint8Array; capsuleHash: string; share: Uint8Array }>;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/**
 * The hashes of manifests, each computed once for one reading of the ledger, however many segments it is asked for:
 * a manifest can have 4 MiB. Another reading has other objects.
 */
export class ManifestHashes {
  readonly #hashes = new WeakMap<Manifest, string>();

  /** The hash that an anchor must name. */
  of(manifest: Manifest): string {
    const found = this.#hashes.get(manifest) ?? manifestHash(manifest, sha256);
    this.#hashes.set(manifest, found);
    return found;
  }
}

/** Finds a segment in the context, its manifest checked against the public anchor; throws ERASED, NOT_FOUND or MANIFEST_MISMATCH. */
export function findSegment(
  context: Pick<ReleaseContext, 'records' | 'capsules'> & Readonly<{ intent: Pick<Intent, 'handle'> }>,
  ref: SegmentRef,
  hashes: ManifestHashes,
): FoundSegment {
  const found = context.records.find(
    ({ version }) => version.recordId === ref.recordId && version.version === ref.version,
  );
  if (found === undefined) throw new DomainError('NOT_FOUND', 'no such record');
  const { version, manifest } = found;
  if (version.status === 'erased') throw new DomainError('ERASED', 'what opens it was destroyed');
  const segment = manifest?.segments.find(({ segmentId }) => segmentId === ref.segmentId);
  const label = version.labels.find(({ segmentId }) => segmentId === ref.segmentId)?.label;
  const capsule = context.capsules.find(({ ref: of }) => isSame(of, ref))?.capsule;
  if (manifest === undefined || segment === undefined || label === undefined || capsule === undefined)
    throw new DomainError('NOT_FOUND', 'no such segment');
  const isAnchored =
    manifest.recordId === ref.recordId &&
    manifest.version === ref.version &&
    manifest.ownerHandle === version.ownerHandle &&
    version.ownerHandle === context.intent.handle &&
    hashes.of(manifest) === version.manifestHash;
  if (!isAnchored)
    throw new DomainError('MANIFEST_MISMATCH', 'the manifest is not the one that was anchored');
  const facts = { ...segment, recordId: ref.recordId, ownerHandle: version.ownerHandle };
  return { ref, manifest, segment, facts, label, capsule };
}

/**
 * Check 8: the label is recomputed from ledger state and the capsule's proof must hold for it; only then is the
 * share of 96 bytes made. Throws LABEL_MISMATCH or CAPSULE_INVALID.
 */
export function openSegment(
  { manifest, segment, label, capsule }: FoundSegment,
  { publicKey, share }: Readonly<{ publicKey: Uint8Array; share: SecretShare }>,
): OpenedSegment {
  const recomputed = segmentLabelHash(manifest, segment, toBase64Url(keyId(publicKey)), sha256);
  if (toBase64Url(recomputed) !== label)
    throw new DomainError('LABEL_MISMATCH', 'the label is not what the ledger says of the segment');
  try {
    const made = makeShare({ publicKey, label: recomputed }, decodeBase64url(capsule), share);
    return { label: recomputed, capsuleHash: capsuleHashOf({ capsule }), share: encodeShare(made) };
  } catch (error) {
    if (error instanceof CryptoError)
      throw new DomainError('CAPSULE_INVALID', 'the capsule does not fit its label', { cause: error });
    throw error;
  }
}

/** What a reply calls the capsule of a segment; throws CAPSULE_INVALID for one that cannot be read. */
export function capsuleHashOf({ capsule }: Pick<FoundSegment, 'capsule'>): string {
  try {
    return capsuleHash(decodeBase64url(capsule), sha256);
  } catch (cause) {
    throw new DomainError('CAPSULE_INVALID', 'the capsule cannot be read', { cause });
  }
}

function isSame(a: SegmentRef, b: SegmentRef): boolean {
  return a.recordId === b.recordId && a.version === b.version && a.segmentId === b.segmentId;
}
