// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, sha256, verifyP256 } from '@tutela/crypto/verify';
import { tagged } from '../../domain/codec.js';
import type { CustodianSet } from '../../domain/custody.js';
import {
  acknowledgedBy,
  ACKNOWLEDGEMENT_PREFIX,
  degradedRequestHash,
  type DegradedRelease,
  type SignedAcknowledgement,
} from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/** A request and the members of one epoch's set whose true acknowledgements were shown. */
export type Attested = Readonly<{ requestHash: string; by: readonly MspId[]; set: CustodianSet }>;

/** Checks every acknowledgement; throws SIGNATURE_INVALID for one that its custodian has not signed. */
export async function attested(
  ledger: Ledger,
  { request, acknowledgements }: DegradedRelease,
): Promise<Attested> {
  if (request.statement.channel !== ledger.channel)
    throw new DomainError('BAD_REQUEST', 'the request is of another channel');
  for (const one of acknowledgements) await requireSigned(ledger, one);
  const epoch = acknowledgements[0]?.acknowledgement.epoch ?? 0;
  const set = await read(ledger, keys.custodiansOf(epoch));
  if (set === undefined) throw new DomainError('BAD_REQUEST', 'no custodians of that epoch');
  const requestHash = degradedRequestHash(request, sha256);
  return { requestHash, by: acknowledgedBy(acknowledgements, requestHash, set), set };
}

async function requireSigned(
  ledger: Ledger,
  { acknowledgement, signature }: SignedAcknowledgement,
): Promise<void> {
  const custodian = await read(ledger, keys.custodian(acknowledgement.mspId));
  const isSigned =
    custodian !== undefined &&
    acknowledgement.channel === ledger.channel &&
    verifyP256(
      decodeBase64url(custodian.publicKey),
      tagged(ACKNOWLEDGEMENT_PREFIX, acknowledgement),
      decodeBase64url(signature),
    );
  if (!isSigned) throw new DomainError('SIGNATURE_INVALID', 'a custodian has not signed its acknowledgement');
}
