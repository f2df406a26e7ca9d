// SPDX-License-Identifier: Apache-2.0
import { partCid } from './cid.js';
import { tagged, taggedHash, toBase64Url, type Sha256 } from './codec.js';
import { integer, list, object, oneOf, set, text, type Decoded } from './decode.js';
import {
  base64Url,
  bytes32,
  handle,
  mspId,
  recordId,
  segmentId,
  type EnrolmentId,
  type MspId,
  type TxId,
} from './ids.js';
import { month, type Instant } from './time.js';
import { CATEGORIES, SEGMENT_CLASSES } from './vocabulary.js';

/** Version byte of every format in this folder. */
export const FORMAT_VERSION = 1;
/** Suite S1: AES-256-GCM stream, TDH2 over ristretto255, HPKE X25519. */
export const SUITE_S1 = 1;
export const MAX_SEGMENTS_PER_RECORD = 64;
/** An erasure destroys all of them in one transaction, without looking which there are. */
export const MAX_VERSIONS_PER_RECORD = 100;
export const MAX_PARTS_PER_SEGMENT = 4096;
export const MAX_CAPSULE_CHARS = 400;
const MAX_SIZE_BYTES = 2 ** 40;

const size = integer(0, MAX_SIZE_BYTES);

/** One consecutive piece of a segment's ciphertext; size in bytes, sha256 of the ciphertext piece. */
export const part = object({ cid: partCid, size, sha256: bytes32 });
export type Part = Decoded<typeof part>;

/** One segment: the part of a record in one category, with its own data key. Sizes are of ciphertext in bytes. */
export const segment = object({
  segmentId,
  class: oneOf(...SEGMENT_CLASSES),
  category: oneOf(...CATEGORIES),
  dateBucket: month,
  securityLabels: set(text(64, /^[A-Za-z0-9:._/|-]+$/), 0, 16),
  parts: list(part, 1, MAX_PARTS_PER_SEGMENT),
  size,
  sha256: bytes32,
  com: bytes32,
  ptag: bytes32,
  layers: set(text(16, /^[a-z0-9-]+$/), 0, 4),
  salt: bytes32,
});
export type Segment = Decoded<typeof segment>;

/** What a record version consists of; kept in private data, anchored by {@link manifestHash}. */
export const manifest = object({
  v: oneOf(FORMAT_VERSION),
  suite: oneOf(SUITE_S1),
  channel: text(64, /^[a-z0-9.-]+$/),
  recordId,
  version: integer(1, 1_000_000),
  ownerHandle: handle,
  author: mspId,
  policy: object({}, { note: text(64) }),
  segments: list(segment, 1, MAX_SEGMENTS_PER_RECORD),
});
export type Manifest = Decoded<typeof manifest>;

/** Where one segment is found on the ledger. */
export const segmentRef = object({ recordId, version: integer(1, 1_000_000), segmentId });
export type SegmentRef = Decoded<typeof segmentRef>;

/** A segment's place on the ledger as one text; it names one segment. */
export function segmentNameOf({
  recordId,
  version,
  segmentId,
}: Readonly<Record<'recordId' | 'segmentId', string> & { version: number }>): string {
  return `${recordId}@${version}/${segmentId}`;
}

/** A segment's label as it stands in public state; salted, so it tells no category. */
export const segmentLabel = object({ segmentId, label: bytes32 });
export type SegmentLabel = Decoded<typeof segmentLabel>;

/** A registered record version in public state. */
export type RecordVersion = Readonly<{
  v: typeof FORMAT_VERSION;
  recordId: Manifest['recordId'];
  version: number;
  ownerHandle: Manifest['ownerHandle'];
  author: MspId;
  practitionerId: EnrolmentId;
  manifestHash: string;
  labels: readonly SegmentLabel[];
  registeredAt: Instant;
  txId: TxId;
  /** `erased` once the patient's erasure, or a retirement after a reseal, has purged what opens it. */
  status: 'current' | 'superseded' | 'erased';
}>;

/** Arguments of `record:Register`; the manifest and the capsules travel as transient data under the name `vault`. */
export const registerRecord = object({
  recordId,
  version: integer(1, 1_000_000),
  ownerHandle: handle,
  manifestHash: bytes32,
  labels: list(segmentLabel, 1, MAX_SEGMENTS_PER_RECORD),
});
export type RegisterRecord = Decoded<typeof registerRecord>;

/** Transient data of `record:Register`: the manifest and one TDH2 capsule (162 bytes, base64url) per segment. */
export const recordVault = object({
  manifest,
  capsules: list(object({ segmentId, capsule: base64Url(MAX_CAPSULE_CHARS) }), 1, MAX_SEGMENTS_PER_RECORD),
});
export type RecordVault = Decoded<typeof recordVault>;

/** Arguments of `record:Get`: one version, or the newest. */
export const getRecord = object({ recordId }, { version: integer(1, 1_000_000) });

/** Arguments of `record:ListPins`: one page of live record versions, of all records or of one. */
export const listPins = object({ pageSize: integer(1, 200) }, { recordId, bookmark: text(1024) });
/** A live version, who registered it and the CIDs of its parts; without them where the asked peer does not have the manifest yet. */
export type PinnedVersion = Readonly<{
  recordId: Manifest['recordId'];
  version: number;
  author: MspId;
  cids?: readonly string[];
}>;
export type PinPage = Readonly<{ versions: readonly PinnedVersion[]; bookmark?: string }>;

/** What can be wrong with content that was opened. */
export const CORRUPTION_CODES = [
  'CONTENT_CORRUPT',
  'CAPSULE_INVALID',
  'MANIFEST_MISMATCH',
  'LABEL_MISMATCH',
] as const;
/** Arguments of `record:ReportCorruption`. */
export const reportCorruption = object({
  recordId,
  version: integer(1, 1_000_000),
  segmentId,
  cid: partCid,
  code: oneOf(...CORRUPTION_CODES),
});

/** SHA-256("Tutela-v1-manifest"‖0x00‖JCS(manifest)), base64url. */
export function manifestHash(value: Manifest, sha256: Sha256): string {
  return taggedHash('Tutela-v1-manifest', value, sha256);
}

/** Bytes of the label L of one segment: what a capsule is bound to. `kid` identifies the consortium key. */
export function segmentLabelHash(value: Manifest, of: Segment, kid: string, sha256: Sha256): Uint8Array {
  const content = { com: of.com, sha256: of.sha256, size: of.size };
  return sha256(
    tagged('Tutela-v1-label', {
      v: value.v,
      suite: value.suite,
      channel: value.channel,
      kid,
      recordId: value.recordId,
      version: value.version,
      segmentId: of.segmentId,
      ownerHandle: value.ownerHandle,
      author: value.author,
      class: of.class,
      category: of.category,
      policyHash: taggedHash('Tutela-v1-policy', value.policy, sha256),
      contentRoot: taggedHash('Tutela-v1-content', content, sha256),
      salt: of.salt,
    }),
  );
}

/** The name of a capsule in a custodian's reply: SHA-256 of its bytes, base64url. */
export function capsuleHash(capsule: Uint8Array, sha256: Sha256): string {
  return toBase64Url(sha256(capsule));
}

/** Associated data of a segment's ciphertext stream: binds content to its record, version and segment. */
export function streamAssociatedData(
  of: Pick<Manifest, 'v' | 'suite' | 'channel' | 'recordId' | 'version'>,
  segmentIdOf: Segment['segmentId'],
): Uint8Array {
  const { v, suite, channel, recordId: id, version } = of;
  return tagged('Tutela-v1-stream', { v, suite, channel, recordId: id, version, segmentId: segmentIdOf });
}
