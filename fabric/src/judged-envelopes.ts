// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fabricProtos, { type common } from '@hyperledger/fabric-protos';
import { readMessage, type Read } from '@tutela/chaincode/domain';
import { channelHeader, envelope, payload, serializedIdentity, signatureHeader } from './fabric-messages.js';

const { common: messages, peer } = fabricProtos;
const { ENDORSEMENT_POLICY_FAILURE, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT } = peer.TxValidationCode;
const { BAD_COMMON_HEADER, BAD_CREATOR_SIGNATURE, BAD_PAYLOAD, NIL_ENVELOPE } = peer.TxValidationCode;
const { DUPLICATE_TXID, INVALID_ENDORSER_TRANSACTION, VALID } = peer.TxValidationCode;
const { ENDORSER_TRANSACTION } = messages.HeaderType;
/** Codes that only a transaction can have, of an id that is its own. */
const OF_ITS_OWN_ID: readonly number[] = [
  ENDORSEMENT_POLICY_FAILURE,
  MVCC_READ_CONFLICT,
  PHANTOM_READ_CONFLICT,
];
/** Codes that peers give to a transaction after they found its id to be its own. */
const WITH_OWN_ID: readonly number[] = [...OF_ITS_OWN_ID, VALID, DUPLICATE_TXID];
/** Codes that peers give before they have verified an envelope's signature. */
const BEFORE_THE_SIGNATURE: readonly number[] = [
  NIL_ENVELOPE,
  BAD_PAYLOAD,
  BAD_COMMON_HEADER,
  BAD_CREATOR_SIGNATURE,
];

/** What an envelope says, each undefined where it cannot be read. */
export type OpenedEnvelope = Readonly<{
  header: Read<typeof channelHeader> | undefined;
  signer: Read<typeof signatureHeader> | undefined;
  data: Uint8Array | undefined;
}>;

/** An envelope of a block, with Fabric's validation code. */
export type JudgedEnvelope = Readonly<{ envelope: OpenedEnvelope; code: number | undefined }>;

/** The envelopes of a block, in their order. */
export function envelopesIn(block: common.Block): readonly JudgedEnvelope[] {
  const codes = block.getMetadata()?.getMetadataList_asU8()[messages.BlockMetadataIndex.TRANSACTIONS_FILTER];
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  return envelopes.map((bytes, place) => ({ envelope: open(bytes), code: codes?.[place] }));
}

/** Whether Fabric's peers judged an envelope to be valid. */
export function isValid({ code }: JudgedEnvelope): boolean {
  return code === VALID;
}

/**
 * The id of an envelope that is a transaction; undefined for any other. Of a valid transaction peers have found it to be
 * its own, and of no other kind of envelope: a change of the configuration may carry the id of a transaction.
 */
export function transactionId({ header }: OpenedEnvelope): string | undefined {
  return header?.type === ENDORSER_TRANSACTION ? header.txId : undefined;
}

/** Whether the code that Fabric answers about a transaction's id may be that of another envelope, which claims the id. */
export function mayBeOfAnother(code: number): boolean {
  return !OF_ITS_OWN_ID.includes(code);
}

/** Whether a block holds a valid transaction of an id. What Fabric answers about an id is the code of the first that claims it. */
export function holdsValid(block: common.Block, txId: string): boolean {
  return envelopesIn(block).some((one) => isValid(one) && transactionId(one.envelope) === txId);
}

/** Of an envelope that hides the transaction of an id: that id, and the hospital, where peers have verified who signed it. */
export type Claim = Readonly<{ txId: string; hospital?: string }>;

const TRANSACTION_ID = /^[0-9a-f]{64}$/;

/**
 * Whether an envelope claims the id of another: one that is no hash of its nonce and creator; or its own, and the rest is no
 * transaction, as where a proposal was sent as an envelope. Who signed a proposal did not send it so.
 */
export function claimIn({ envelope: { header, signer }, code }: JudgedEnvelope): Claim | undefined {
  if (header === undefined || !TRANSACTION_ID.test(header.txId)) return undefined;
  const { txId, type } = header;
  // Of these peers have found the id to be its own.
  if (code !== undefined && type === ENDORSER_TRANSACTION && WITH_OWN_ID.includes(code)) return undefined;
  if (signer !== undefined && txId === idOf(signer))
    return code === INVALID_ENDORSER_TRANSACTION ? { txId } : undefined;
  const isVerified = code !== undefined && !BEFORE_THE_SIGNATURE.includes(code);
  const hospital = isVerified && signer ? readMessage(serializedIdentity, signer.creator)?.mspId : undefined;
  return { txId, ...(hospital !== undefined && { hospital }) };
}

/** As Fabric computes a transaction's id (protoutil, `ComputeTxID`). */
function idOf({ nonce, creator }: Read<typeof signatureHeader>): string {
  return createHash('sha256').update(nonce).update(creator).digest('hex');
}

function open(bytes: Uint8Array): OpenedEnvelope {
  const outer = readMessage(envelope, bytes);
  const inner = outer && readMessage(payload, outer.payload);
  const nothing = new Uint8Array(0);
  return {
    header: inner && readMessage(channelHeader, inner.header?.channelHeader ?? nothing),
    signer: inner && readMessage(signatureHeader, inner.header?.signatureHeader ?? nothing),
    data: inner?.data,
  };
}
