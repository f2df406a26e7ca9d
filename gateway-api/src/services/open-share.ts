// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import {
  capsuleHash,
  isSameObject,
  toBase64Url,
  type Custodian,
  type CustodianSet,
  type ReleasedObject,
} from '@tutela/chaincode/domain';
import {
  decodeBase64url,
  decodeShare,
  hpkeOpen,
  isSignedBy,
  type CapsuleShare,
  type HpkeKeyPair,
} from '@tutela/crypto';
import { sha256 } from './hashing.js';
import type { WantedKey } from './wanted-key.js';

/** What every custodian's reply states beside a sealed share, whatever the share was asked under. */
export type SealedReply = ReleasedObject &
  Readonly<{ epoch: number; index: number; sealed: string; shareHash: string }>;

/** A custodian's signed reply as a reader sees it: the bytes that were signed, and the HPKE info of its seal. */
export type SignedReply = Readonly<{
  reply: SealedReply;
  signed: Uint8Array;
  signature: string;
  info: Uint8Array;
}>;

/**
 * What is in a custodian's reply. `share` may still be false, which its proof shows. `false` is proven false by the
 * signature and the bytes in the seal; `unopened` is signed too and proves nothing to others: what its seal holds is not
 * what it states, or cannot be seen, or it is about another label, capsule or key, as given on another chain.
 */
export type OpenedReply =
  | Readonly<{ kind: 'unsigned' }>
  | Readonly<{ kind: 'unopened' }>
  | Readonly<{ kind: 'false'; revealed: Uint8Array }>
  | Readonly<{ kind: 'share'; revealed: Uint8Array; share: CapsuleShare }>;

/** Opens a custodian's signed reply about one capsule. Total: another party wrote it, so no shape of it is an exception. */
export function openShare(
  { publicKey, mspId }: Pick<Custodian, 'publicKey' | 'mspId'>,
  { session, set }: Readonly<{ session: HpkeKeyPair; set: CustodianSet }>,
  { label, capsule }: Pick<WantedKey, 'label' | 'capsule'>,
  { reply, signed, signature, info }: SignedReply,
): OpenedReply {
  if (!isSignedBy(publicKey, signed, signature)) return { kind: 'unsigned' };
  const { transcriptHash } = set;
  const wanted = { label: toBase64Url(label), capsuleHash: capsuleHash(capsule, sha256), transcriptHash };
  if (!isSameObject(reply, wanted)) return { kind: 'unopened' };
  const revealed = orUndefined(() => hpkeOpen(session, { info, aad: label }, decodeBase64url(reply.sealed)));
  if (revealed === undefined || !isText(sha256(revealed), reply.shareHash)) return { kind: 'unopened' };
  const place = set.members.find((member) => member.mspId === mspId);
  const share = place?.index === reply.index ? orUndefined(() => decodeShare(revealed, reply)) : undefined;
  return share === undefined ? { kind: 'false', revealed } : { kind: 'share', revealed, share };
}

function isText(bytes: Uint8Array, text: string): boolean {
  const other = orUndefined(() => decodeBase64url(text));
  return other !== undefined && other.length === bytes.length && timingSafeEqual(other, bytes);
}

function orUndefined<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
