// SPDX-License-Identifier: Apache-2.0

/** One element of DER: its tag and its content, and where the next one begins. */
type Element = Readonly<{ tag: number; content: Uint8Array; end: number }>;

const INTEGER = 0x02;
const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/**
 * The serial numbers on a certificate revocation list (RFC 5280 §5.1), in lower-case hexadecimal without leading
 * zeros. Takes PEM or DER; undefined for bytes that are no such list, and then no certificate of its hospital counts.
 */
export function revokedSerials(list: Uint8Array): ReadonlySet<string> | undefined {
  try {
    return serialsOf(list);
  } catch (error) {
    if (error instanceof NoList) return undefined;
    throw error;
  }
}

/** A serial number in the form in which they are compared. */
export function normalSerial(hexadecimal: string): string {
  return hexadecimal.toLowerCase().replace(/^0+/, '');
}

/** Why bytes are no revocation list; it never leaves this file. */
class NoList extends Error {}

function serialsOf(list: Uint8Array): ReadonlySet<string> {
  const outer = read(derOf(list), 0, SEQUENCE);
  const fields = elementsOf(read(outer.content, 0, SEQUENCE).content);
  // version (optional), signature, issuer, thisUpdate, nextUpdate (optional), revokedCertificates (optional), extensions
  const times = fields.findLastIndex(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME);
  if (times < 0) throw new NoList();
  const revoked = fields[times + 1];
  if (revoked?.tag !== SEQUENCE) return new Set();
  return new Set(elementsOf(revoked.content).map(({ content }) => serialOf(content)));
}

function serialOf(entry: Uint8Array): string {
  return normalSerial(Buffer.from(read(entry, 0, INTEGER).content).toString('hex'));
}

function derOf(list: Uint8Array): Uint8Array {
  const body = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(
    Buffer.from(list).toString('latin1'),
  )?.[1];
  return body === undefined ? list : Buffer.from(body, 'base64');
}

function elementsOf(content: Uint8Array): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length; at = found.at(-1)?.end ?? content.length)
    found.push(read(content, at));
  return found;
}

function read(bytes: Uint8Array, at: number, wanted?: number): Element {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (wanted !== undefined && tag !== wanted))
    throw new NoList();
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + lengthBytes;
  const length =
    lengthBytes === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = start + length;
  if (lengthBytes > 4 || first === 0x80 || end > bytes.length) throw new NoList();
  return { tag, content: bytes.subarray(start, end), end };
}
