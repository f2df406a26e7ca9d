// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url, sha256, verifyCapsule } from '@tutela/crypto/verify';
import type { CustodianSet } from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import {
  manifestHash,
  segmentLabelHash,
  type Manifest,
  type RecordVault,
  type RegisterRecord,
  type Segment,
} from '../../domain/record.js';
import type { Reader } from '../../state/ledger.js';

/** Throws MANIFEST_MISMATCH unless the manifest says what the request says, and hashes to what it says. */
export function verifyManifest(reader: Reader, asked: RegisterRecord, { manifest }: RecordVault): void {
  const agrees =
    manifest.recordId === asked.recordId &&
    manifest.version === asked.version &&
    manifest.ownerHandle === asked.ownerHandle &&
    manifest.channel === reader.channel &&
    manifest.author === reader.caller.mspId &&
    manifest.segments.every(isSound) &&
    manifestHash(manifest, sha256) === asked.manifestHash;
  if (!agrees) throw new DomainError('MANIFEST_MISMATCH', 'manifest and request do not agree');
}

/**
 * Throws unless every segment has exactly one label, recomputed here, and one capsule that is proven for it. Returns
 * for each capsule the hash by which its use is remembered. Each proof costs much, and waits for a turn of its own.
 */
export async function verifyCapsules(
  asked: RegisterRecord,
  { manifest, capsules }: RecordVault,
  custodians: CustodianSet,
  turn: () => Promise<void>,
): Promise<readonly string[]> {
  requireSameSegments(manifest, asked.labels, capsules);
  const labels = new Map(asked.labels.map(({ segmentId, label }) => [segmentId, label]));
  const sealed = new Map(capsules.map(({ segmentId, capsule }) => [segmentId, capsule]));
  const uses: string[] = [];
  for (const segment of manifest.segments) {
    await turn();
    const label = segmentLabelHash(manifest, segment, custodians.kid, sha256);
    if (encodeBase64url(label) !== labels.get(segment.segmentId))
      throw new DomainError('LABEL_MISMATCH', 'a label is not that of its segment');
    uses.push(useOf(sealed.get(segment.segmentId) ?? '', label, custodians.publicKey));
  }
  if (new Set(uses).size !== uses.length)
    throw new DomainError('CAPSULE_INVALID', 'two segments share a capsule');
  return uses;
}

function isSound({ class: of, category, parts, size }: Segment): boolean {
  const total = parts.reduce((sum, part) => sum + part.size, 0);
  // Emergencies reach the class summary alone and first, so nothing else may hide in it.
  return total === size && (of !== 'summary' || category === 'summary');
}

function requireSameSegments(
  manifest: Manifest,
  ...others: readonly (readonly Pick<Segment, 'segmentId'>[])[]
): void {
  const names = (segments: readonly Pick<Segment, 'segmentId'>[]): string =>
    segments
      .map(({ segmentId }) => segmentId)
      .sort()
      .join();
  const expected = names(manifest.segments);
  const distinct =
    new Set(manifest.segments.map(({ segmentId }) => segmentId)).size === manifest.segments.length;
  if (!distinct || others.some((segments) => names(segments) !== expected))
    throw new DomainError('MANIFEST_MISMATCH', 'segments, labels and capsules are not the same set');
}

function useOf(capsule: string, label: Uint8Array, publicKey: string): string {
  try {
    const context = { publicKey: decodeBase64url(publicKey), label };
    return encodeBase64url(sha256(verifyCapsule(context, decodeBase64url(capsule)).u));
  } catch (cause) {
    throw new DomainError('CAPSULE_INVALID', 'a capsule is not proven for its segment', { cause });
  }
}
