// SPDX-License-Identifier: Apache-2.0
import { demand } from './errors.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Map(Array.from(ALPHABET, (symbol, value) => [symbol, value]));
const MAX_TEXT = 1_398_102;

/** Base64url without padding (RFC 4648 §5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const symbols = Math.min(4, bytes.length - i + 1);
    for (let s = 0; s < symbols; s += 1) text += ALPHABET.charAt((group >> (18 - 6 * s)) & 63);
  }
  return text;
}

/**
 * Decodes base64url strictly: no padding, no foreign symbol, no stray low bits, at most 1 MiB.
 * With `length` the result must have exactly that many bytes.
 */
export function decodeBase64url(text: string, length?: number): Uint8Array {
  demand(typeof text === 'string' && text.length <= MAX_TEXT, 'ENCODING', 'not a base64url text');
  demand(text.length % 4 !== 1, 'ENCODING', 'impossible base64url length');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let pending = 0;
  let offset = 0;
  for (const symbol of text) {
    const value = VALUES.get(symbol);
    demand(value !== undefined, 'ENCODING', 'foreign base64url symbol');
    pending = ((pending << 6) | value) & 0x3fff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (pending >> bits) & 0xff;
    }
  }
  demand((pending & ((1 << bits) - 1)) === 0, 'ENCODING', 'stray base64url bits');
  demand(length === undefined || bytes.length === length, 'LENGTH', 'decoded value has a wrong length');
  return bytes;
}
