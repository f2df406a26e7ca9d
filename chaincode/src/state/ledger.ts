// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import { DomainError } from '../domain/errors.js';
import { enrolmentId, mspId, type TxId } from '../domain/ids.js';
import { ENROLMENT_ID_ATTRIBUTE, ROLE_ATTRIBUTE } from '../domain/names.js';
import type { Caller } from '../domain/registry.js';
import { instantOf, type Instant } from '../domain/time.js';
import type { CreatorIdentity, LedgerStub } from './stub.js';

/** What the signed proposal of a transaction says, its time and its caller included, and the keys that it may read. */
export type OpenedProposal = Readonly<{
  stub: LedgerStub;
  channel: string;
  txId: TxId;
  now: Instant;
  caller: Caller;
}>;

/** One transaction's view of the ledger, for reading. */
export type Reader = OpenedProposal &
  Readonly<{
    /** Resolves when a costly piece of the transaction's work may be done: in the line that let the transaction in. */
    turn: () => Promise<void>;
  }>;

/** As {@link Reader}, and it may write: only what a submit transaction receives. */
export type Ledger = Reader & Readonly<{ writable: true }>;

/** What time it is on the peer's own machine, in milliseconds since 1970. */
export type PeerClock = () => number;

/** A signed proposal as the peer hands it over, and the peer's own clock. */
export type ReceivedProposal = Readonly<{
  stub: LedgerStub;
  clientIdentity: CreatorIdentity;
  peerClock: PeerClock;
}>;

/**
 * Reads time, transaction and caller from the proposal; throws CLOCK_SKEWED for a time far from the peer's own, and
 * CALLER_UNKNOWN for a certificate without our attributes.
 */
export function openProposal({ stub, clientIdentity, peerClock }: ReceivedProposal): OpenedProposal {
  return {
    stub,
    channel: stub.getChannelID(),
    // Fabric itself computes and checks the transaction id.
    txId: stub.getTxID() as TxId,
    now: transactionTime(stub, peerClock),
    caller: callerOf(clientIdentity),
  };
}

/**
 * A client chooses its transaction's time, and the rules believe it. So each peer refuses one that is far from its own
 * clock: every endorsement takes as many hospitals as open a record, of which one at least is honest. Refusing writes
 * nothing, so peers whose clocks differ never differ in what they write.
 */
function transactionTime(stub: LedgerStub, peerClock: PeerClock): Instant {
  const { seconds, nanos } = stub.getTxTimestamp();
  const claimedMs = Number(seconds) * 1000 + Math.floor(nanos / 1_000_000);
  // Also false for a time that is no number.
  if (!(Math.abs(claimedMs - peerClock()) <= CLOCK_SKEW_MS))
    throw new DomainError(
      'CLOCK_SKEWED',
      'the time of the proposal and the clock of this peer differ by more than five minutes; check both clocks',
    );
  return instantOf(claimedMs);
}

/** One PEM block and nothing else; how its lines are wrapped is the sender's choice. */
const ONE_CERTIFICATE =
  /^-----BEGIN CERTIFICATE-----[\r\n]+([A-Za-z0-9+/\r\n]+={0,2}[\r\n]+)-----END CERTIFICATE-----[\r\n]*$/;

function callerOf(identity: CreatorIdentity): Caller {
  const certificate = fingerprintOf(derOf(identity.getIDBytes()));
  const role = identity.getAttributeValue(ROLE_ATTRIBUTE);
  const id = identity.getAttributeValue(ENROLMENT_ID_ATTRIBUTE);
  if (role === null || id === null)
    throw new DomainError('CALLER_UNKNOWN', 'the certificate names no enrolment id or no role');
  return {
    mspId: mspId(identity.getMSPID(), 'mspId'),
    id: enrolmentId(id, 'enrolmentId'),
    role,
    certificate,
  };
}

/**
 * The certificate itself. Where anything stands beside it, Fabric verifies the signature with the block that Go's decoder
 * takes, and the shim reads the attributes of the block that it finds itself: a certificate that nobody certified would
 * then name the caller.
 */
function derOf(pem: Uint8Array): Uint8Array {
  const body = ONE_CERTIFICATE.exec(new TextDecoder().decode(pem))?.[1];
  if (body === undefined)
    throw new DomainError('CALLER_UNKNOWN', 'the certificate is not one PEM block and nothing else');
  return bytesOf(body.replace(/[\r\n]/g, ''));
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new DomainError('CALLER_UNKNOWN', 'the certificate is not base64', { cause });
  }
}

/** The name of a certificate (DER) on the ledger: SHA-256 in hexadecimal digits. */
export function fingerprintOf(certificate: Uint8Array): string {
  return Array.from(sha256(certificate), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
