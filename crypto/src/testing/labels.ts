// SPDX-License-Identifier: Apache-2.0
// The product's labels are the domain's; these are written a second time, so that attacks on the kernel do not rest on it.
// What the product hashes and signs is frozen in vectors/product-v1.json, from its own code.
import { prefixedJson } from '../canonical.js';
import { sha256 } from '../kernel/hashing.js';

/** Where a stream belongs: it decrypts nowhere else. */
export interface StreamPlace {
  readonly suite: number;
  readonly channel: string;
  readonly recordId: string;
  readonly version: number;
  readonly segmentId: string;
}

/** Associated data of a segment's stream. */
export function streamAad({ suite, channel, recordId, version, segmentId }: StreamPlace): Uint8Array {
  return prefixedJson('Tutela-v1-stream', { v: 1, suite, channel, recordId, version, segmentId });
}

/** What a segment's content is, apart from where its bytes are kept; digests in base64url, size in bytes. */
export interface SegmentContent {
  readonly com: string;
  readonly sha256: string;
  readonly size: number;
}

/** Content root of a segment, 32 bytes. */
export function contentRoot({ com, sha256: digest, size }: SegmentContent): Uint8Array {
  return sha256(prefixedJson('Tutela-v1-content', { com, sha256: digest, size }));
}

/** Everything that a capsule's label binds; byte values in base64url. */
export interface CapsuleBinding {
  readonly suite: number;
  readonly channel: string;
  readonly kid: string;
  readonly recordId: string;
  readonly version: number;
  readonly segmentId: string;
  readonly ownerHandle: string;
  readonly author: string;
  readonly class: string;
  readonly category: string;
  readonly policyHash: string;
  readonly contentRoot: string;
  readonly salt: string;
}

/** Label L of a capsule, 32 bytes; its inputs come from ledger state, never from a request. */
export function capsuleLabel(binding: CapsuleBinding): Uint8Array {
  const {
    suite,
    channel,
    kid,
    recordId,
    version,
    segmentId,
    ownerHandle,
    author,
    category,
    policyHash,
    salt,
  } = binding;
  const fields = {
    v: 1,
    suite,
    channel,
    kid,
    recordId,
    version,
    segmentId,
    ownerHandle,
    author,
    category,
    policyHash,
    salt,
  };
  return sha256(
    prefixedJson('Tutela-v1-label', { ...fields, class: binding.class, contentRoot: binding.contentRoot }),
  );
}

/** What one released share is sealed for. */
export interface ReleasePlace {
  readonly suite: number;
  readonly channel: string;
  readonly intentId: string;
  readonly recordId: string;
  readonly version: number;
  readonly segmentId: string;
  readonly epoch: number;
  readonly index: number;
}

/** HPKE info under which a custodian seals a share to the reader's session key. */
export function releaseInfo(place: ReleasePlace): Uint8Array {
  const { suite, channel, intentId, recordId, version, segmentId, epoch, index } = place;
  const fields = { v: 1, suite, channel, intentId, recordId, version, segmentId, epoch, index };
  return prefixedJson('Tutela-v1-release', fields);
}
