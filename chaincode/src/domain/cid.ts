// SPDX-License-Identifier: Apache-2.0
import { text } from './decode.js';

const CHARS = 59;
/**
 * Base32 of the 36 bytes 01 (version), 55 or 70 (raw or dag-pb), 12 20 (SHA-256 of 32 bytes) and the digest. Five bits
 * make a symbol: the first 30 bits are a prefix, the seventh symbol begins with the two zero bits that are left of 20,
 * and the last one has three bits and two zero bits that fill it.
 */
const CANONICAL = /^b(?:afkrei|afybei)[a-h][a-z2-7]{50}[aeimquy4]$/;

/** A part's content identifier, of the kinds that a vault makes and in one spelling: CIDv1, base32, SHA-256, raw or dag-pb. */
export const partCid = text(CHARS, CANONICAL);
