// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import { EVENT_NAME, parseJson, readMessage, type AuditEntry, type Read } from '@tutela/chaincode/domain';
import {
  blockMetadata,
  chaincodeAction,
  chaincodeActionPayload,
  chaincodeEvent,
  claimIn,
  envelopesIn,
  isValid,
  proposalResponsePayload,
  transaction,
  transactionId,
  type JudgedEnvelope,
} from '@tutela/fabric';
import { z } from 'zod';
import { blockHash } from './block-hash.js';
import type { Block, BlockTransaction, OrdererSignature } from './ledger.js';

const actor = z.looseObject({ mspId: z.string(), id: z.string(), role: z.string() });
const auditEntry = z.looseObject({
  v: z.literal(1),
  txId: z.string(),
  at: z.string(),
  act: z.string(),
  actor,
});

/**
 * Reads a block of Fabric's into what a custodian wants of it; throws for a block without a header, which only the own
 * peer makes. Whatever other hospitals wrote into it and cannot be read is no entry, and keeps its place.
 */
export function parseBlock(block: common.Block, chaincode: string): Block {
  const found = block.getHeader();
  if (found === undefined) throw new Error('a block has no header');
  const header = {
    number: found.getNumber(),
    previousHash: base64url(found.getPreviousHash_asU8()),
    dataHash: base64url(found.getDataHash_asU8()),
  };
  const transactions = envelopesIn(block).map((one) => parseTransaction(one, chaincode));
  const signature = ordererSignature(block);
  return {
    ...header,
    hash: blockHash(header),
    transactions,
    ...(signature === undefined ? {} : { ordererSignature: signature }),
  };
}

function parseTransaction(judged: JudgedEnvelope, chaincode: string): BlockTransaction {
  const [id, valid, claim] = [transactionId(judged.envelope), isValid(judged), claimIn(judged)];
  const found = { txId: id ?? '', valid, ...(claim && { claim }) };
  const { data } = judged.envelope;
  const result = valid && id !== undefined && data ? resultOf(data) : undefined;
  const entry = result && entryIn(result, chaincode);
  if (result === undefined || entry === undefined) return found;
  const answer = result.response?.payload ?? new Uint8Array(0);
  return { ...found, entry, answerHash: createHash('sha256').update(answer).digest('base64url') };
}

/** What the chaincode of an endorsed transaction did and answered. */
function resultOf(data: Uint8Array): Read<typeof chaincodeAction> | undefined {
  const [action] = readMessage(transaction, data)?.actions ?? [];
  const endorsed = action && readMessage(chaincodeActionPayload, action.payload)?.action;
  const proposed = endorsed && readMessage(proposalResponsePayload, endorsed.proposalResponsePayload);
  return proposed && readMessage(chaincodeAction, proposed.extension);
}

/** The audit entry in the one event of a transaction of the product's chaincode. */
function entryIn({ events }: Read<typeof chaincodeAction>, chaincode: string): AuditEntry | undefined {
  const event = readMessage(chaincodeEvent, events);
  if (event?.chaincodeId !== chaincode || event.eventName !== EVENT_NAME) return undefined;
  const parsed = auditEntry.safeParse(jsonIn(event.payload));
  // Written by endorsed chaincode; what is used of it below is checked where it is used.
  return parsed.success ? (parsed.data as unknown as AuditEntry) : undefined;
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function ordererSignature(block: common.Block): OrdererSignature | undefined {
  const bytes = block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.SIGNATURES];
  const metadata = bytes && readMessage(blockMetadata, bytes);
  const [signature] = metadata?.signatures ?? [];
  if (metadata === undefined || signature === undefined) return undefined;
  return {
    value: base64url(metadata.value),
    signatureHeader: base64url(signature.signatureHeader),
    signature: base64url(signature.signature),
  };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
