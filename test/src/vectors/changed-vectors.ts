// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, sign, type JsonWebKey } from 'node:crypto';
import {
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  tagged,
  type ReleaseReply,
} from '@tutela/chaincode/domain';
import {
  concatBytes,
  decodeBase64url,
  encodeBase64url,
  hpkeOpen,
  hpkeSeal,
  importHpkePrivateKey,
  keyId,
  type HpkeContext,
} from '@tutela/crypto';
import type { StoredRecordVector } from './stored-record.js';

/** A copy of a JSON value with another value at a path; with `undefined`, with nothing there. */
export function changed(value: unknown, path: readonly (string | number)[], to: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return to;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[first] = changed(copy[first], rest, to);
  return copy;
}

/** A public key with its kid, as a custodian set names both. */
export function publicKeyOf(publicKey: string): Readonly<{ publicKey: string; kid: string }> {
  return { publicKey, kid: encodeBase64url(keyId(decodeBase64url(publicKey))) };
}

/**
 * A record whose second custodian says something else in a reply about the only segment: it seals the share anew for what
 * it says, and signs that, with a new key of its own.
 */
export function resigned(record: StoredRecordVector, change: object): unknown {
  const [name = ''] = Object.keys(record.replies);
  const [first, second] = record.replies[name] ?? [];
  if (second === undefined) throw new Error('the record has no second reply');
  const session = importHpkePrivateKey(decodeBase64url(record.sessionKey));
  const share = hpkeOpen(session, sealOf(second.reply), decodeBase64url(second.reply.sealed));
  const said: ReleaseReply = { ...second.reply, ...change };
  const reply = { ...said, sealed: encodeBase64url(hpkeSeal(session.publicKey, sealOf(said), share)) };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = tagged(RELEASE_SIGNATURE_PREFIX, reply);
  const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    ...record,
    replies: { [name]: [first, { reply, signature: signature.toString('base64url') }] },
    signingKeys: { ...record.signingKeys, BirchMSP: pointOf(publicKey.export({ format: 'jwk' })) },
  };
}

function sealOf(reply: ReleaseReply): HpkeContext {
  return { info: tagged(RELEASE_INFO_PREFIX, releaseInfo(reply)), aad: decodeBase64url(reply.label) };
}

/** A P-256 key as an uncompressed point. */
function pointOf({ x = '', y = '' }: JsonWebKey): string {
  return encodeBase64url(concatBytes(Uint8Array.of(4), decodeBase64url(x), decodeBase64url(y)));
}
