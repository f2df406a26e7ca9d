// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { BlockHeader } from './ledger.js';

/**
 * The bytes that Fabric hashes and an orderer signs for a block header: ASN.1 DER of
 * SEQUENCE { number INTEGER, previousHash OCTET STRING, dataHash OCTET STRING }.
 */
export function blockHeaderBytes({ number, previousHash, dataHash }: BlockHeader): Uint8Array {
  const fields = [
    der(0x02, integerBytes(number)),
    der(0x04, Buffer.from(previousHash, 'base64url')),
    der(0x04, Buffer.from(dataHash, 'base64url')),
  ];
  return der(0x30, Buffer.concat(fields));
}

/** SHA-256 of {@link blockHeaderBytes}, base64url: the next block's previous hash. */
export function blockHash(header: BlockHeader): string {
  return createHash('sha256').update(blockHeaderBytes(header)).digest('base64url');
}

function integerBytes(value: number): Buffer {
  const hex = BigInt(value).toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  // A leading one bit would make the number negative.
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

// Every field and the whole stay far below 128 bytes, so that a length is one byte.
function der(tag: number, content: Uint8Array): Buffer {
  if (content.length >= 0x80) throw new RangeError('a block header field is too long');
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}
