// SPDX-License-Identifier: Apache-2.0
import { tagged } from './codec.js';
import {
  MAX_SEALED_CHARS,
  RELEASE_SIGNATURE_PREFIX,
  signedReleaseReply,
  type SignedReleaseReply,
} from './custody.js';
import { integer, object, orEmpty, text, type Decoded, type Decoder } from './decode.js';
import { DEGRADED_REPLY_PREFIX, signedDegradedReply, type SignedDegradedReply } from './degraded.js';
import { base64Url, mspId, type MspId, type TxId } from './ids.js';
import type { Instant } from './time.js';

/** A custodian's signed statement about a share: under an intent, or under a request while the ledger stalls. */
export type SignedReply = SignedReleaseReply | SignedDegradedReply;

const signedReply: Decoder<SignedReply> = (value, path) =>
  isOfDegraded(value) ? signedDegradedReply(value, path) : signedReleaseReply(value, path);

function isOfDegraded(value: unknown): boolean {
  const reply = typeof value === 'object' && value !== null && 'reply' in value ? value.reply : undefined;
  return typeof reply === 'object' && reply !== null && 'requestHash' in reply;
}

/** The bytes that the custodian signed. */
export function signedReplyBytes(reply: SignedReply['reply']): Uint8Array {
  return tagged('requestHash' in reply ? DEGRADED_REPLY_PREFIX : RELEASE_SIGNATURE_PREFIX, reply);
}

/** Arguments of `custody:Accuse`: a signed reply whose share, revealed, does not verify. Any bytes that a seal can hold, also none. */
export const accuse = object({
  custodian: mspId,
  evidence: signedReply,
  share: orEmpty(base64Url(MAX_SEALED_CHARS)),
});
export type Accusation = Readonly<Decoded<typeof accuse> & { v: 1; accuser: MspId; at: Instant; txId: TxId }>;

/** Arguments of `custody:ListAccusations`: one page of those against one custodian. */
export const listAccusations = object(
  { custodian: mspId, pageSize: integer(1, 200) },
  { bookmark: text(1024) },
);
export type AccusationPage = Readonly<{ accusations: readonly Accusation[]; bookmark?: string }>;
