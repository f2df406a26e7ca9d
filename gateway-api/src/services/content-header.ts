// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  DomainError,
  decodeJson,
  integer,
  list,
  object,
  text,
  type Decoded,
} from '@tutela/chaincode/domain';
import { CorruptContent } from './corrupt-content.js';

/** Most entries that a Bundle may have. */
export const MAX_BUNDLE_ENTRIES = 20_000;
/** Largest position of a Bundle's entry: positions are random numbers in order, so that gaps tell nothing. */
export const MAX_POSITION = 2 ** 48;

const LENGTH_BYTES = 4;
const MAX_HEADER_BYTES = 512 * 1024;

const contentHeader = object(
  { contentType: text(255, /^[\x20-\x7e]+$/) },
  { positions: list(integer(0, MAX_POSITION), 1, MAX_BUNDLE_ENTRIES) },
);

/** What precedes a content inside its ciphertext; `positions` order the entries of a part of a Bundle. */
export type ContentHeader = Decoded<typeof contentHeader>;

/** A header with its length, as it stands before the content: 4 bytes big-endian, then canonical JSON. */
export function encodeContentHeader(header: ContentHeader): Uint8Array {
  const json = Buffer.from(canonicalJson(header));
  if (json.length > MAX_HEADER_BYTES) throw new DomainError('TOO_LARGE', 'the content has too many entries');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

/** Reads the header from a content's first chunk; `size` is the header's own, in bytes. Throws CONTENT_CORRUPT. */
export function decodeContentHeader(start: Uint8Array): Readonly<{ header: ContentHeader; size: number }> {
  const view = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const length = view.length < LENGTH_BYTES ? -1 : view.readUInt32BE(0);
  if (length < 0 || length > MAX_HEADER_BYTES || view.length < LENGTH_BYTES + length) throw damaged();
  const json = view.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length);
  try {
    return { header: decodeJson(contentHeader, json, MAX_HEADER_BYTES), size: LENGTH_BYTES + length };
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause?: unknown): CorruptContent {
  return new CorruptContent('the content does not start as contents do', { cause });
}
