// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fabricProtos, { type common } from '@hyperledger/fabric-protos';
import { readMessage, type Read } from '@tutela/chaincode/domain';
import { channelHeader, envelope, payload, serializedIdentity, signatureHeader } from './fabric-messages.js';

const { common: messages, peer } = fabricProtos;
const { BAD_PROPOSAL_TXID, UNSUPPORTED_TX_PAYLOAD, VALID } = peer.TxValidationCode;
const { ENDORSEMENT_POLICY_FAILURE, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT } = peer.TxValidationCode;
/** Codes that peers give only after they found an envelope's id to be its own. */
const OF_ITS_OWN_ID: readonly number[] = [
  VALID,
  ENDORSEMENT_POLICY_FAILURE,
  MVCC_READ_CONFLICT,
  PHANTOM_READ_CONFLICT,
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

/** Whether the code that Fabric answers about a transaction's id may be that of another envelope, which claims the id. */
export function mayBeOfAnother(code: number): boolean {
  return !OF_ITS_OWN_ID.includes(code);
}

/** Whether a block holds a valid transaction of an id. What Fabric answers about an id is the code of the first that claims it. */
export function holdsValid(block: common.Block, txId: string): boolean {
  return envelopesIn(block).some((one) => isValid(one) && one.envelope.header?.txId === txId);
}

/**
 * The MSP id of the hospital that signed an envelope with a transaction id that is not its own, which an id is that is no
 * hash of its nonce and creator. Undefined unless peers found the signature true, which they look at first.
 */
export function claimantIn({ envelope: { header, signer }, code }: JudgedEnvelope): string | undefined {
  if (code !== BAD_PROPOSAL_TXID && code !== UNSUPPORTED_TX_PAYLOAD) return undefined;
  if (header === undefined || signer === undefined || header.txId === idOf(signer)) return undefined;
  return readMessage(serializedIdentity, signer.creator)?.mspId;
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
