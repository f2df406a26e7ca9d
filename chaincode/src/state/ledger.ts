// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { DomainError } from '../domain/errors.js';
import { enrolmentId, mspId, type TxId } from '../domain/ids.js';
import { ENROLMENT_ID_ATTRIBUTE, ROLE_ATTRIBUTE } from '../domain/names.js';
import type { Caller } from '../domain/registry.js';
import { instantOf, type Instant } from '../domain/time.js';
import type { CreatorIdentity, LedgerStub } from './stub.js';

/** One transaction's view of the ledger, for reading; its time and caller come from the signed proposal alone. */
export type Reader = Readonly<{
  stub: LedgerStub;
  channel: string;
  txId: TxId;
  now: Instant;
  caller: Caller;
}>;

/** As {@link Reader}, and it may write: only what a submit transaction receives. */
export type Ledger = Reader & Readonly<{ writable: true }>;

/** Reads time, transaction and caller from the proposal; throws CALLER_UNKNOWN for a certificate without our attributes. */
export function openLedger(stub: LedgerStub, identity: CreatorIdentity): Ledger {
  return {
    stub,
    channel: stub.getChannelID(),
    // Fabric itself computes and checks the transaction id.
    txId: stub.getTxID() as TxId,
    now: transactionTime(stub),
    caller: callerOf(identity),
    writable: true,
  };
}

function transactionTime(stub: LedgerStub): Instant {
  const { seconds, nanos } = stub.getTxTimestamp();
  return instantOf(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000));
}

function callerOf(identity: CreatorIdentity): Caller {
  const role = identity.getAttributeValue(ROLE_ATTRIBUTE);
  const id = identity.getAttributeValue(ENROLMENT_ID_ATTRIBUTE);
  if (role === null || id === null)
    throw new DomainError('CALLER_UNKNOWN', 'the certificate names no enrolment id or no role');
  return {
    mspId: mspId(identity.getMSPID(), 'mspId'),
    id: enrolmentId(id, 'enrolmentId'),
    role,
    certificate: hex(sha256(derOf(identity.getIDBytes()))),
  };
}

/** The certificate itself: how its PEM text is wrapped is the sender's choice and makes no other certificate. */
function derOf(pem: Uint8Array): Uint8Array {
  const body = /-----BEGIN [^-]+-----([^-]+)-----END /.exec(new TextDecoder().decode(pem))?.[1];
  if (body === undefined) throw new DomainError('CALLER_UNKNOWN', 'the certificate is not PEM');
  return Uint8Array.from(atob(body.replace(/\s/g, '')), (character) => character.charCodeAt(0));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
