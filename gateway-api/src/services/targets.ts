// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  permitted,
  segmentLabelHash,
  segmentNameOf,
  toBase64Url,
  type Intent,
  type Manifest,
  type SealedMaterial,
  type Segment,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { sha256 } from './hashing.js';

/** A permitted segment with everything about it that the ledger says. */
export type Target = Readonly<{
  ref: SegmentRef;
  segment: Segment;
  manifest: Manifest;
  label: Uint8Array;
  capsule: string;
}>;

/** Where targets are chosen from: an intent, what the ledger keeps sealed of its segments, and the id of the consortium key. */
export type Choice = Readonly<{ intent: Intent; material: SealedMaterial; kid: string }>;

/**
 * The permitted segments of an intent, each of which must be what its public label was made of. Throws ERASED where
 * what opens one is gone, LABEL_MISMATCH for one that is not the one that was anchored.
 */
export function targetsOf({ intent, material, kid }: Choice): readonly Target[] {
  return permitted(intent).map(({ recordId, version, segmentId }) => {
    const ref = { recordId, version, segmentId };
    const record = material.records.find(
      (one) => one.version.recordId === recordId && one.version.version === version,
    );
    const capsule = material.capsules.find((one) => segmentNameOf(one.ref) === segmentNameOf(ref))?.capsule;
    const manifest = record?.manifest;
    const segment = manifest?.segments.find((one) => one.segmentId === segmentId);
    if (record === undefined || manifest === undefined || segment === undefined || capsule === undefined)
      throw new DomainError('ERASED', 'what opens this segment is gone');
    const label = segmentLabelHash(manifest, segment, kid, sha256);
    const anchored = record.version.labels.find((one) => one.segmentId === segmentId)?.label;
    if (toBase64Url(label) !== anchored)
      throw new DomainError('LABEL_MISMATCH', 'the segment is not the one that was anchored');
    return { ref, segment, manifest, label, capsule };
  });
}

/** As {@link targetsOf}; throws CALLER_NOT_ENTITLED unless they are all segments of their versions. */
export function wholeOf(choice: Choice): readonly Target[] {
  const targets = targetsOf(choice);
  if (choice.material.records.some(({ version }) => version.labels.length !== targets.length))
    throw new DomainError('CALLER_NOT_ENTITLED', 'this needs somebody who may open all of the record');
  return targets;
}
