// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { EVENT_NAME, type AuditEntry } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { blockHash } from './block-hash.js';
import type { Block, BlockTransaction, MemberAuthorities, OrdererRoots, OrdererSignature } from './ledger.js';

const VALID: number = peer.TxValidationCode.VALID;
const ENDORSER_TRANSACTION: number = common.HeaderType.ENDORSER_TRANSACTION;
const actor = z.looseObject({ mspId: z.string(), id: z.string(), role: z.string() });
const auditEntry = z.looseObject({
  v: z.literal(1),
  txId: z.string(),
  at: z.string(),
  act: z.string(),
  actor,
});

/** Reads a block of Fabric's into what a custodian wants of it; throws for a block without a header. */
export function parseBlock(block: common.Block, chaincode: string): Block {
  const found = block.getHeader();
  if (found === undefined) throw new Error('a block has no header');
  const header = {
    number: found.getNumber(),
    previousHash: base64url(found.getPreviousHash_asU8()),
    dataHash: base64url(found.getDataHash_asU8()),
  };
  const codes = block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  const transactions = envelopes.map((envelope, position) =>
    parseTransaction(envelope, codes?.[position] === VALID, chaincode),
  );
  const signature = ordererSignature(block);
  return {
    ...header,
    hash: blockHash(header),
    transactions,
    ...(signature === undefined ? {} : { ordererSignature: signature }),
  };
}

function parseTransaction(envelope: Uint8Array, valid: boolean, chaincode: string): BlockTransaction {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const header = common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(0),
  );
  const txId = header.getTxId();
  if (!valid || header.getType() !== ENDORSER_TRANSACTION) return { txId, valid };
  const result = resultOf(payload.getData_asU8());
  const entry = result && entryIn(result, chaincode);
  if (result === undefined || entry === undefined) return { txId, valid };
  const answer = result.getResponse()?.getPayload_asU8() ?? new Uint8Array(0);
  return { txId, valid, entry, answerHash: createHash('sha256').update(answer).digest('base64url') };
}

/** What the chaincode of an endorsed transaction did and answered. */
function resultOf(data: Uint8Array): peer.ChaincodeAction | undefined {
  const [action] = peer.Transaction.deserializeBinary(data).getActionsList();
  if (action === undefined) return undefined;
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
  if (endorsed === undefined) return undefined;
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
  return peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
}

/** The audit entry in the one event of a transaction of the product's chaincode. */
function entryIn(result: peer.ChaincodeAction, chaincode: string): AuditEntry | undefined {
  const event = peer.ChaincodeEvent.deserializeBinary(result.getEvents_asU8());
  if (event.getChaincodeId() !== chaincode || event.getEventName() !== EVENT_NAME) return undefined;
  return auditEntryOf(event.getPayload_asU8());
}

function auditEntryOf(payload: Uint8Array): AuditEntry | undefined {
  const parsed = auditEntry.safeParse(JSON.parse(new TextDecoder().decode(payload)));
  // Written by endorsed chaincode; what is used of it below is checked where it is used.
  return parsed.success ? (parsed.data as unknown as AuditEntry) : undefined;
}

function ordererSignature(block: common.Block): OrdererSignature | undefined {
  const bytes = block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.SIGNATURES];
  if (bytes === undefined || bytes.length === 0) return undefined;
  const metadata = common.Metadata.deserializeBinary(bytes);
  const [signature] = metadata.getSignaturesList();
  if (signature === undefined) return undefined;
  return {
    value: base64url(metadata.getValue_asU8()),
    signatureHeader: base64url(signature.getSignatureHeader_asU8()),
    signature: base64url(signature.getSignature_asU8()),
  };
}

/** The authorities of the ordering organisations in a configuration block. */
export function parseOrdererRoots(block: common.Block): readonly OrdererRoots[] {
  return authoritiesOf(block, 'Orderer').map(({ mspId, certificates }) => ({ mspId, certificates }));
}

/** The authorities of the member hospitals in a configuration block, with what they revoked. */
export function parseMemberAuthorities(block: common.Block): readonly MemberAuthorities[] {
  return authoritiesOf(block, 'Application');
}

function authoritiesOf(block: common.Block, part: 'Orderer' | 'Application'): readonly MemberAuthorities[] {
  const [envelope] = block.getData()?.getDataList_asU8() ?? [];
  if (envelope === undefined) throw new Error('a configuration block is empty');
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const channel = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8())
    .getConfig()
    ?.getChannelGroup();
  const parent = channel === undefined ? undefined : groupsOf(channel).get(part);
  const found: MemberAuthorities[] = [];
  if (parent !== undefined) groupsOf(parent).forEach((group) => found.push(...membershipOf(group)));
  return found;
}

function membershipOf(group: common.ConfigGroup): readonly MemberAuthorities[] {
  const value = valuesOf(group).get('MSP')?.getValue_asU8();
  if (value === undefined) return [];
  const config = msp.FabricMSPConfig.deserializeBinary(
    msp.MSPConfig.deserializeBinary(value).getConfig_asU8(),
  );
  const certificates = [...config.getRootCertsList_asU8(), ...config.getIntermediateCertsList_asU8()];
  const revocationLists = config.getRevocationListList_asU8();
  const tlsCertificates = [
    ...config.getTlsRootCertsList_asU8(),
    ...config.getTlsIntermediateCertsList_asU8(),
  ];
  return [{ mspId: config.getName(), certificates, tlsCertificates, revocationLists }];
}

/** What is used of a protobuf map; its library ships no types. */
type ProtobufMap<T> = Readonly<{
  get: (name: string) => T | undefined;
  forEach: (visit: (value: T) => void) => void;
}>;

function groupsOf(group: common.ConfigGroup): ProtobufMap<common.ConfigGroup> {
  return group.getGroupsMap() as ProtobufMap<common.ConfigGroup>;
}

function valuesOf(group: common.ConfigGroup): ProtobufMap<common.ConfigValue> {
  return group.getValuesMap() as ProtobufMap<common.ConfigValue>;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
