// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from '@tutela/crypto';
import { DomainError, type CustodianSet } from '@tutela/chaincode/domain';
import { parseShare, shareBytes, type CustodyShare } from './custody-share.js';
import { passphraseSealer } from './sealer.js';

const PLACE = 'Tutela-v1-share-backup';
const MIN_PASSPHRASE_CHARS = 12;

/** A share sealed with a passphrase of its own, to be kept offline; base64url. */
export function backupShare(share: CustodyShare, passphrase: string): string {
  if (passphrase.length < MIN_PASSPHRASE_CHARS)
    throw new DomainError(
      'BAD_REQUEST',
      `the passphrase must have at least ${MIN_PASSPHRASE_CHARS} characters`,
    );
  return encodeBase64url(passphraseSealer(passphrase).seal(PLACE, shareBytes(share)));
}

/**
 * Opens a backup and makes sure that it is this custodian's share in the active set; throws BAD_REQUEST for one
 * that does not open, CONFLICT for another custodian's or another epoch's.
 */
export function restoreShare(
  backup: Readonly<{ backup: string; passphrase: string }>,
  { mspId, active }: Readonly<{ mspId: string; active: CustodianSet }>,
): CustodyShare {
  const share = openBackup(backup);
  const index = active.members.find((member) => member.mspId === mspId)?.index;
  const isActive =
    share.mspId === mspId &&
    share.index === index &&
    share.epoch === active.epoch &&
    share.ceremonyId === active.ceremonyId &&
    share.publicKey === active.publicKey;
  if (!isActive) throw new DomainError('CONFLICT', 'the backup is not the share of the active epoch');
  return share;
}

function openBackup({ backup, passphrase }: Readonly<{ backup: string; passphrase: string }>): CustodyShare {
  try {
    return parseShare(passphraseSealer(passphrase).open(PLACE, decodeBase64url(backup)));
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the backup does not open with this passphrase', { cause });
  }
}
