// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { decode as decodeDigest } from 'multiformats/hashes/digest';
import { VaultError } from './vault-error.js';

const SHA2_256 = 0x12;
const IDENTITY = 0x00;
/** The digest of the empty directory (UnixFS). */
const EMPTY_DIRECTORY = CID.parse('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn').multihash.digest;
const MAX_TEXT = 64;
const MAX_FOREIGN_TEXT = 512;

/** Returns the text unchanged when it is an identifier of this vault, else BAD_CID. */
export function checkedCid(text: string): string {
  if (!isVaultCid(text)) throw new VaultError('BAD_CID');
  return text;
}

/**
 * Tells whether a text is a canonical identifier as this vault makes them: CIDv1, base32, SHA-256, raw or dag-pb, and of
 * something that can be kept and removed.
 */
export function isVaultCid(text: string): boolean {
  const cid = text.length > MAX_TEXT ? null : parsed(text);
  const known = cid?.version === 1 && (cid.code === raw.code || cid.code === dagPb.code);
  return known && cid.multihash.code === SHA2_256 && spelled(cid) === text && !isEverywhere(text);
}

/** Returns the text unchanged when it is a canonical identifier of any kind, else BAD_CID: what others pinned may be anything. */
export function canonicalCid(text: string): string {
  const cid = text.length > MAX_FOREIGN_TEXT ? null : parsed(text);
  if (cid === null || spelled(cid) !== text) throw new VaultError('BAD_CID');
  return text;
}

/**
 * Whether every node has a block, and must not remove it: its bytes lie in its identifier, or it is the empty directory,
 * which a node pins at its creation and needs for its start.
 */
export function isEverywhere(text: string): boolean {
  const multihash = parsed(text)?.multihash;
  if (multihash === undefined) return false;
  return multihash.code === IDENTITY || Buffer.compare(multihash.digest, EMPTY_DIRECTORY) === 0;
}

/** Tells whether a block may name others, by its identifier. */
export function namesOthers(text: string): boolean {
  return parsed(text)?.code !== raw.code;
}

/** The multihash of an identifier as hexadecimal text: what two identifiers of one block have in common. */
export function multihashOf(text: string): string {
  const cid = parsed(text);
  if (cid === null) throw new VaultError('BAD_CID');
  return Buffer.from(cid.multihash.bytes).toString('hex');
}

/** The identifier of a block that names no others, by its multihash as hexadecimal text. */
export function leafOf(multihash: string): string {
  return CID.createV1(raw.code, decodeDigest(Buffer.from(multihash, 'hex'))).toString();
}

/** What names one block under every codec; a text that is no identifier names itself, for others write such texts. */
export function blockName(text: string): string {
  return parsed(text) === null ? text : multihashOf(text);
}

/** The one spelling of an identifier: a parsed one gives back the text that it was parsed from, in upper case too. */
function spelled(cid: CID): string {
  return CID.decode(cid.bytes).toString();
}

function parsed(text: string): CID | null {
  try {
    return CID.parse(text);
  } catch (cause) {
    if (cause instanceof Error) return null;
    throw cause;
  }
}

/** Blocks by what they are, under the first identifier of each, without a part's first one. */
export function otherBlocks(blocks: readonly string[], first: string): readonly string[] {
  const others = new Map<string, string>();
  for (const block of blocks) {
    const name = multihashOf(block);
    if (!others.has(name)) others.set(name, block);
  }
  others.delete(multihashOf(first));
  return [...others.values()];
}
