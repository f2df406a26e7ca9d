// SPDX-License-Identifier: Apache-2.0
import { toBase64Url, type Segment } from '@tutela/chaincode/domain';
import {
  decodeBase64url,
  decryptRange,
  headerSize,
  partCiphertextRange,
  plaintextSizeOf,
  planRange,
  restoreStreamKey,
  SUITE_S1,
  type ByteRange,
  type RangePlan,
  type StreamKey,
  type StreamSecret,
} from '@tutela/crypto';
import { decodeContentHeader, type ContentHeader } from './content-header.js';
import { asCorruptContent, CorruptContent } from './corrupt-content.js';
import type { PartFetcher } from './part-fetcher.js';
import { RangeNotSatisfiable, type RangeRequest } from './open-record.js';

const MAX_KNOWN_HEADS = 1_000;

/** A segment whose first bytes are verified and whose header is read; `size` is of the content without it. */
export type OpenedSegment = Readonly<{
  header: ContentHeader;
  size: number;
  /** The content, or a range of it; each chunk is handed out only after its tag and its part's digest hold. */
  read: (range?: ByteRange) => AsyncIterable<Uint8Array>;
}>;

/**
 * The first bytes of a segment's stream, and of its content once they were read under its key. A record can name the
 * parts of another: what was read counts for the commitment and the place alone under which it was decrypted.
 */
export type SegmentHead = {
  readonly streamHeader: Uint8Array;
  content?: ReturnType<typeof decodeContentHeader> & Readonly<{ of: string }>;
};

/** Heads of segments that were opened lately: a range of a large content needs its first part only once. */
export class SegmentHeads {
  readonly #fetcher: PartFetcher;
  readonly #known = new Map<string, SegmentHead>();

  constructor(fetcher: PartFetcher) {
    this.#fetcher = fetcher;
  }

  async of({ parts }: Segment, signal?: AbortSignal): Promise<SegmentHead> {
    const [first] = parts;
    if (first === undefined) throw new CorruptContent('the segment has no parts');
    const known = this.#known.get(first.cid);
    if (known !== undefined) return known;
    const bytes = await this.#fetcher.peek(first, signal);
    const head: SegmentHead = { streamHeader: Uint8Array.from(bytes.subarray(0, headerSize(SUITE_S1))) };
    if (this.#known.size >= MAX_KNOWN_HEADS) this.#known.clear();
    this.#known.set(first.cid, head);
    return head;
  }
}

/** What an opening is made of; `dek` is the segment's key and fits `head`. */
export type Opening = Readonly<{
  fetcher: PartFetcher;
  segment: Segment;
  secret: StreamSecret;
  head: SegmentHead;
  signal?: AbortSignal;
}>;

/** Opens a segment. Throws CONTENT_CORRUPT or STORAGE_UNAVAILABLE, always before the bytes concerned. */
export async function openContent(opening: Opening): Promise<OpenedSegment> {
  const { head, segment, secret } = opening;
  const { key, whole } = streamOf(opening);
  const of = `${segment.com} ${toBase64Url(secret.aad)}`;
  let begun: AsyncIterable<Uint8Array> | undefined;
  let { content } = head;
  if (content?.of !== of) {
    const plaintext = readPlaintext(opening, key, { start: 0, end: whole });
    const { value: start } = await plaintext.next();
    content = { ...decodeContentHeader(start ?? new Uint8Array(0)), of };
    head.content = content;
    begun = resumed(start?.subarray(content.size) ?? new Uint8Array(0), plaintext);
  }
  const { header, size: headerBytes } = content;
  const size = whole - headerBytes;
  return {
    header,
    size,
    read: (range) => {
      const fromStart = begun;
      begun = undefined;
      if (range === undefined && fromStart !== undefined) return fromStart;
      const { start, end } = range ?? { start: 0, end: size };
      if (start >= end) return resumed(new Uint8Array(0), []);
      return readPlaintext(opening, key, { start: start + headerBytes, end: end + headerBytes });
    },
  };
}

/** The stream's key and the size of its plaintext; the head was fetched and hashed, so what does not fit is corrupt. */
function streamOf({ segment, secret, head }: Opening): Readonly<{ key: StreamKey; whole: number }> {
  try {
    const key = restoreStreamKey(secret, head.streamHeader, decodeBase64url(segment.com));
    return { key, whole: plaintextSizeOf(SUITE_S1, segment.size) };
  } catch (error) {
    throw asCorruptContent(error);
  }
}

/** The bytes that a range request means in a content of `size` bytes (RFC 9110 §14.1.2). */
export function resolveRange(request: RangeRequest, size: number): ByteRange {
  if ('suffix' in request) {
    if (request.suffix === 0 || size === 0) throw new RangeNotSatisfiable(size);
    return { start: Math.max(0, size - request.suffix), end: size };
  }
  if (request.first >= size) throw new RangeNotSatisfiable(size);
  return { start: request.first, end: Math.min((request.last ?? size - 1) + 1, size) };
}

async function* readPlaintext(
  { fetcher, segment, signal }: Opening,
  key: StreamKey,
  range: ByteRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  const plan = planRange(SUITE_S1, segment.size, range);
  const fetched = within(plan, segment.size, ciphertext(fetcher, segment, plan, signal));
  try {
    yield* decryptRange(key, segment.size, range, fetched);
  } catch (error) {
    throw asCorruptContent(error);
  }
}

/** Cuts whole parts down to the ciphertext that a range needs. */
async function* within(
  { firstPart, ciphertext: { start, end } }: RangePlan,
  size: number,
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let index = firstPart;
  for await (const part of parts) {
    const at = partCiphertextRange(index, size);
    yield part.subarray(Math.max(start - at.start, 0), Math.min(end - at.start, part.length));
    index += 1;
  }
}

/** Verified parts in order; the next one is on its way while one is read, and no more than that. */
async function* ciphertext(
  fetcher: PartFetcher,
  { parts }: Segment,
  { firstPart, endPart }: Pick<RangePlan, 'firstPart' | 'endPart'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const wanted = parts.slice(firstPart, endPart);
  let next: Promise<Uint8Array> | undefined;
  for (const [position, part] of wanted.entries()) {
    const bytes = await (next ?? fetcher.fetch(part, signal));
    const following = wanted[position + 1];
    next = following === undefined ? undefined : fetcher.fetch(following, signal);
    // It is awaited in the next round, or the reader has left.
    next?.catch(() => undefined);
    yield bytes;
  }
}

async function* resumed(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (first.length > 0) yield first;
  yield* rest;
}
