// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import {
  releaseInfo,
  RELEASE_INFO_PREFIX,
  segmentLabelHash,
  streamAssociatedData,
  tagged,
  taggedHash,
  toBase64Url,
  type Manifest,
  type ReleaseReply,
} from '@tutela/chaincode/domain';
import { sha256 } from '@tutela/crypto';
import {
  capsuleLabel,
  contentRoot,
  releaseInfo as kernelReleaseInfo,
  streamAad,
} from '@tutela/crypto/testing';

const manifest = {
  v: 1,
  suite: 1,
  channel: 'tutela',
  recordId: 'rec_AAAAAAAAAAAAAAAAAAAAAA',
  version: 3,
  ownerHandle: 'pt_AAAAAAAAAAAAAAAAAAAAAA',
  author: 'AlderMSP',
  policy: {},
  segments: [],
} as unknown as Manifest;
const segment = {
  segmentId: 'seg_AAAAAAAAAAAAAAAAAAAAAA',
  class: 'standard',
  category: 'notes',
  com: toBase64Url(new Uint8Array(32).fill(1)),
  sha256: toBase64Url(new Uint8Array(32).fill(2)),
  size: 1234,
  salt: toBase64Url(new Uint8Array(32).fill(3)),
} as unknown as Manifest['segments'][number];
const { suite, channel, recordId, version, ownerHandle, author } = manifest;
const { segmentId, category, salt } = segment;

test('the domain’s label of a segment is the one that the kernel’s vectors and attacks are made with', () => {
  const kid = 'AAAAAAAAAAAAAAAAAAAAAA';
  const policyHash = taggedHash('Tutela-v1-policy', {}, sha256);
  const content = toBase64Url(contentRoot(segment));
  const binding = { suite, channel, kid, recordId, version, segmentId, ownerHandle, author, category, salt };
  expect(segmentLabelHash(manifest, segment, kid, sha256)).toEqual(
    capsuleLabel({ ...binding, class: segment.class, policyHash, contentRoot: content }),
  );
});

test('a stream’s associated data are the same in both formulas', () => {
  expect(streamAssociatedData(manifest, segmentId)).toEqual(
    streamAad({ suite, channel, recordId, version, segmentId }),
  );
});

test('a sealed share is bound to intent, segment, epoch and index, each, as in the kernel’s attacks', () => {
  const intentId = 'in_AAAAAAAAAAAAAAAAAAAAAA';
  const reply = {
    ...{ v: 1, suite, channel, intentId, epoch: 1, index: 2 },
    segment: { recordId, version, segmentId },
  } as unknown as ReleaseReply;
  const infos = [reply, { ...reply, epoch: 2 }, { ...reply, index: 1 }, { ...reply, channel: 'other' }].map(
    (one) => toBase64Url(tagged(RELEASE_INFO_PREFIX, releaseInfo(one))),
  );
  expect(new Set(infos).size).toBe(infos.length);
  const place = { suite, channel, intentId, recordId, version, segmentId, epoch: 1, index: 2 };
  expect(infos[0]).toBe(toBase64Url(kernelReleaseInfo(place)));
});
