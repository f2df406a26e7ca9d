// SPDX-License-Identifier: Apache-2.0
import { sign, type KeyObject } from 'node:crypto';

/** The order of the P-256 group (SEC 2, section 2.4.2). */
const groupOrder = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const scalarBytes = 32;

/** Signs with ECDSA P-256 and SHA-256 and returns DER with the lower of the two possible s values, as Fabric demands. */
export function signLowS(message: Buffer, key: KeyObject): Buffer {
  const raw = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const r = raw.subarray(0, scalarBytes);
  const s = BigInt(`0x${raw.subarray(scalarBytes).toString('hex')}`);
  const low = s > groupOrder / 2n ? groupOrder - s : s;
  const encoded = Buffer.from(low.toString(16).padStart(2 * scalarBytes, '0'), 'hex');
  return derSequence([derInteger(r), derInteger(encoded)]);
}

/** Encodes an unsigned number (X.690, section 8.3): no superfluous zero, and one when the top bit is set. */
function derInteger(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const trimmed = bytes.subarray(start);
  const content = (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed;
  return Buffer.concat([Buffer.of(0x02, content.length), content]);
}

function derSequence(parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}
