// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { toBase64Url, type Segment } from '@tutela/chaincode/domain';
import {
  createStreamKey,
  encryptParts,
  restoreStreamKey,
  SUITE_S1,
  systemRandom,
  type StreamSecret,
} from '@tutela/crypto';
import { streamAad } from '@tutela/crypto/testing';
import type { Storage } from '../storage/storage.js';
import { MemoryLog } from '../testing/index.js';
import { encodeContentHeader } from './content-header.js';
import { sha256 } from './hashing.js';
import { openContent, SegmentHeads } from './open-content.js';
import { PartFetcher } from './part-fetcher.js';

const header = { contentType: 'application/fhir+json', positions: [3, 5, 8] };

function secretOf(recordId: string): StreamSecret {
  const place = { suite: SUITE_S1, channel: 'tutela', recordId, version: 1, segmentId: 's' };
  return { suite: SUITE_S1, dek: systemRandom(32), aad: streamAad(place) };
}

test('attack 18: a record that names another’s first part shows nothing of that part’s content', async () => {
  const honest = secretOf('honest');
  const key = createStreamKey(honest, systemRandom);
  const sealed: Uint8Array[] = [];
  for await (const { ciphertext } of encryptParts(key, [encodeContentHeader(header), Buffer.from('content')]))
    sealed.push(Uint8Array.from(ciphertext));
  const bytes = Buffer.concat(sealed);
  const parts = [{ cid: 'bafy', size: bytes.length, sha256: toBase64Url(sha256(bytes)) }];
  const segmentWith = (commitment: Uint8Array) =>
    // Nothing else of a segment is read here.
    ({ parts, size: bytes.length, com: toBase64Url(commitment) }) as unknown as Segment;

  let reads = 0;
  const get = () => {
    reads += 1;
    return Promise.resolve(bytes);
  };
  const storage = { get } as unknown as Storage;
  const fetcher = new PartFetcher({ storage, nowMs: () => 0, log: new MemoryLog() });
  const heads = new SegmentHeads(fetcher);
  const open = async (secret: StreamSecret, segment: Segment) =>
    openContent({ fetcher, segment, secret, head: await heads.of(segment) });

  const segment = segmentWith(key.commitment);
  expect((await open(honest, segment)).header).toEqual(header);
  const readOnce = reads;
  expect((await open(honest, segment)).header).toEqual(header);
  expect(reads).toBe(readOnce);

  const hostile = secretOf('hostile');
  const { streamHeader } = await heads.of(segment);
  const unverified = createStreamKey(hostile, (size) => streamHeader.slice(1, 1 + size));
  expect(restoreStreamKey(hostile, streamHeader, unverified.commitment).header).toEqual(streamHeader);
  const refusal = { code: 'CONTENT_CORRUPT' };
  await expect(open(hostile, segmentWith(unverified.commitment))).rejects.toMatchObject(refusal);
  // Who knows the key, as each reader does, still has another place.
  await expect(open({ ...hostile, dek: honest.dek }, segment)).rejects.toMatchObject(refusal);
  expect((await open(honest, segment)).header).toEqual(header);
});
