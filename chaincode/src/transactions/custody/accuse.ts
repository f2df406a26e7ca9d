// SPDX-License-Identifier: Apache-2.0
import {
  decodeBase64url,
  decodeCapsule,
  decodeShare,
  encodeBase64url,
  sha256,
  verifyShare,
} from '@tutela/crypto/verify';
import {
  accuse as request,
  signedReplyBytes,
  type Accusation,
  type SignedReply,
} from '../../domain/accusation.js';
import { isSameObject, type CustodianSet } from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { capsuleHash } from '../../domain/record.js';
import { requireAnyone } from '../../state/caller.js';
import { isSignedByCustodian } from '../../state/custodian-keys.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { readExisting, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { readVault } from '../../state/vault.js';

/**
 * Puts a custodian's false share on the ledger: a reply that it signed, for an intent or while the ledger stalled, with the
 * share behind it, which does not verify. A share that does verify is refused, so that no key is ever given away by an
 * accusation. So is a reply about another label, capsule or key than the ledger's: a custodian whose peer was given another
 * chain signs such in good faith, and no reader takes it for a share.
 */
export const accuse = submit(request, async (ledger, asked) => {
  await requireAnyone(ledger);
  const { custodian, evidence, share } = asked;
  await requireSigned(ledger, asked);
  if (encodeBase64url(sha256(shareBytes(share))) !== evidence.reply.shareHash)
    throw new DomainError('SHARE_INVALID', 'this is not the share that was signed');
  const set = await readExisting(ledger, keys.custodiansOf(evidence.reply.epoch));
  if (await isHonest(ledger, custodian, evidence.reply, { set, share: shareBytes(share) }))
    throw new DomainError('BAD_REQUEST', 'the share verifies; the custodian has not lied');
  const key = keys.accusation(custodian, evidence.reply.shareHash);
  await requireAbsent(ledger, key);
  const { mspId: accuser } = ledger.caller;
  const accusation: Accusation = { ...asked, v: 1, accuser, at: ledger.now, txId: ledger.txId };
  await write(ledger, key, accusation);
  const { reply } = evidence;
  const of = 'intentId' in reply ? { intentId: reply.intentId } : {};
  return { answer: accusation, audit: { act: 'custodian-accused', ...of } };
});

async function requireSigned(
  ledger: Ledger,
  { custodian, evidence: { reply, signature } }: Pick<Accusation, 'custodian' | 'evidence'>,
): Promise<void> {
  const signed = { bytes: signedReplyBytes(reply), signature };
  if (reply.channel !== ledger.channel || !(await isSignedByCustodian(ledger, custodian, signed)))
    throw new DomainError('SIGNATURE_INVALID', 'the custodian has not signed this');
}

async function isHonest(
  ledger: Ledger,
  custodian: MspId,
  reply: SignedReply['reply'],
  { set, share }: Readonly<{ set: CustodianSet; share: Uint8Array }>,
): Promise<boolean> {
  const { index, epoch, segment } = reply;
  const { recordId, version, segmentId } = segment;
  const [registered, vault] = await Promise.all([
    readExisting(ledger, keys.record(recordId, version)),
    readVault(ledger, recordId, version),
  ]);
  const label = registered.labels.find((one) => one.segmentId === segmentId)?.label;
  const sealed = vault?.capsules.find((one) => one.segmentId === segmentId)?.capsule;
  if (label === undefined || sealed === undefined) throw new DomainError('NOT_FOUND', 'no such segment');
  const capsule = decodeBase64url(sealed);
  const { transcriptHash } = set;
  if (!isSameObject(reply, { label, capsuleHash: capsuleHash(capsule, sha256), transcriptHash }))
    throw new DomainError(
      'REPLY_MISMATCH',
      'the reply is about another label, capsule or key than the ledger has',
    );
  const place = set.members.find(({ mspId }) => mspId === custodian);
  const verificationKey = set.verificationKeys[index - 1];
  if (place?.index !== index || verificationKey === undefined) return false;
  return verifies(share, { epoch, index }, { label, capsule, verificationKey });
}

function verifies(
  share: Uint8Array,
  place: Readonly<{ epoch: number; index: number }>,
  {
    label,
    capsule,
    verificationKey,
  }: Readonly<{ label: string; capsule: Uint8Array; verificationKey: string }>,
): boolean {
  const against = {
    verificationKey: decodeBase64url(verificationKey),
    label: decodeBase64url(label),
    u: decodeCapsule(capsule).u,
  };
  try {
    return verifyShare(decodeShare(share, place), against);
  } catch {
    // What is no share at all verifies for nothing.
    return false;
  }
}

function shareBytes(share: string): Uint8Array {
  try {
    return decodeBase64url(share);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the share is not base64url', { cause });
  }
}
