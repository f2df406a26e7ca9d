// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

const SYMBOLS = 'abcdefghijklmnopqrstuvwxyz234567';
const RAW_SHA256 = [0x01, 0x55, 0x12, 0x20];

/** The content identifier of a small part that consists of a text. */
export function cidOf(content: string): string {
  const digest = createHash('sha256').update(content).digest();
  return `b${base32([...RAW_SHA256, ...digest])}`;
}

/** RFC 4648, lower case, without padding. */
export function base32(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => SYMBOLS[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}
