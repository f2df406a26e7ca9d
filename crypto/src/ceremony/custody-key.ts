// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { equalBytes, utf8 } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';
import { sodiumGroup } from '../kernel/sodium-group.js';
import { listUpTo, readCount, readObject, textUpTo } from '../shape.js';
import type { CustodyKey } from './receive.js';
import { MAX_MEMBERS } from './terms.js';

interface StoredCustodyKey extends Omit<CustodyKey, 'secret'> {
  readonly v: number;
  readonly secret: string;
}

/** A member's key material as bytes that must be sealed before they are stored. */
export function encodeCustodyKey(key: CustodyKey): Uint8Array {
  const { epoch, threshold, publicKey, verificationKeys, transcriptHash, index, secret } = key;
  const stored: StoredCustodyKey = {
    v: 1,
    epoch,
    threshold,
    publicKey,
    verificationKeys,
    transcriptHash,
    index,
    secret: encodeBase64url(secret),
  };
  return utf8(JSON.stringify(stored));
}

/** Reads what {@link encodeCustodyKey} wrote and checks that the share fits its verification key. */
export function decodeCustodyKey(bytes: Uint8Array): CustodyKey {
  const text = textUpTo(64);
  const { v, secret, ...known } = readObject<StoredCustodyKey>(parseJson(bytes), {
    v: readCount,
    epoch: readCount,
    threshold: readCount,
    publicKey: text,
    verificationKeys: listUpTo(MAX_MEMBERS, text),
    transcriptHash: text,
    index: readCount,
    secret: text,
  });
  demand(v === 1, 'VERSION', 'unknown version of stored key material');
  const key = { ...known, secret: decodeBase64url(secret, 32) };
  const expected = decodeBase64url(known.verificationKeys[known.index - 1] ?? '');
  demand(
    equalBytes(sodiumGroup.multiplyBase(key.secret), expected),
    'SUB_SHARE',
    'stored share does not fit its key',
  );
  return key;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new CryptoError('ENCODING', 'stored key material is not JSON');
  }
}
