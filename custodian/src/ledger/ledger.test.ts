// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { common, peer } from '@hyperledger/fabric-protos';
import { EVENT_NAME, type AuditEntry } from '@tutela/chaincode/domain';
import { blockHash } from './block-hash.js';
import { Chain, CHAIN_WINDOW } from './chain.js';
import { followLedger } from './follow.js';
import type { Block, Ledger } from './ledger.js';
import { parseBlock } from './parse-block.js';

/** Headers of a chain that Fabric 2.5.9 made: each block names the hash of the one before. */
const FABRIC_HEADERS = [
  {
    number: 128,
    previousHash: 'dUtTC4h7TS78BZfrpKLzgK2WxV2o7p5s-nAseHXxXyA',
    dataHash: '4ryWbyAffcw7pOvH1i_1vrwOYvFHHmBbkoyuZnz6myM',
  },
  {
    number: 129,
    previousHash: 'cU4HUuYQiUrNWzkIiv8sLWJQB_hXtsic-E3D6W-AcAs',
    dataHash: 'Tq2jBi6DF4Wj8SXXSyQ9iTmcxuCs9IknZiykfPt_M8s',
  },
  {
    number: 130,
    previousHash: 'aV3vJ5MmTpRimES2kf-Fp9x8xcJisH33jxZclGbklbs',
    dataHash: 'EOb1NwqY7OPu__il6whz2UXnWFCNyamAx7dHekD50eU',
  },
];

const entry: AuditEntry = {
  v: 1,
  txId: 'a'.repeat(64),
  at: '2026-03-01T08:00:00.000Z',
  act: 'intent-declared',
  actor: { mspId: 'AlderMSP', id: 'pr_a', role: 'physician' },
  outcome: 'permitted',
  intentId: 'in_a',
} as unknown as AuditEntry;

const ANSWER = '{"intentId":"in_a"}';

/** A block as Fabric sends it, with one endorsed transaction that set an event. */
function fabricBlock(chaincode: string, code: number): common.Block {
  const event = new peer.ChaincodeEvent();
  event.setChaincodeId(chaincode);
  event.setEventName(EVENT_NAME);
  event.setPayload(Buffer.from(JSON.stringify(entry)));
  const action = new peer.ChaincodeAction();
  action.setEvents(event.serializeBinary());
  const answer = new peer.Response();
  answer.setPayload(Buffer.from(ANSWER));
  action.setResponse(answer);
  const response = new peer.ProposalResponsePayload();
  response.setExtension$(action.serializeBinary());
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(response.serializeBinary());
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setAction(endorsed);
  const transactionAction = new peer.TransactionAction();
  transactionAction.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.addActions(transactionAction);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setTxId(entry.txId);
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const blockHeader = new common.BlockHeader();
  blockHeader.setNumber(7);
  const data = new common.BlockData();
  data.addData(envelope.serializeBinary());
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList([new Uint8Array(0), new Uint8Array(0), Uint8Array.of(code)]);
  const block = new common.Block();
  block.setHeader(blockHeader);
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

function block(number: number, previousHash: string, transactions: Block['transactions'] = []): Block {
  const header = { number, previousHash, dataHash: 'd' };
  return { ...header, hash: blockHash(header), transactions };
}

describe('blocks', () => {
  test('hash as Fabric hashes them', () => {
    const [first, second, third] = FABRIC_HEADERS;
    if (first === undefined || second === undefined || third === undefined) throw new Error('no headers');
    expect(blockHash(first)).toBe(second.previousHash);
    expect(blockHash(second)).toBe(third.previousHash);
  });

  test('tell which transactions are valid and what their event says', () => {
    expect(parseBlock(fabricBlock('tutela', peer.TxValidationCode.VALID), 'tutela').transactions).toEqual([
      {
        txId: entry.txId,
        valid: true,
        entry,
        answerHash: createHash('sha256').update(ANSWER).digest('base64url'),
      },
    ]);
  });

  test('attack 16: the event of an invalid transaction, or of another chaincode, counts for nothing', () => {
    const conflict = parseBlock(fabricBlock('tutela', peer.TxValidationCode.MVCC_READ_CONFLICT), 'tutela');
    expect(conflict.transactions).toEqual([{ txId: entry.txId, valid: false }]);
    const foreign = parseBlock(fabricBlock('other', peer.TxValidationCode.VALID), 'tutela');
    expect(foreign.transactions).toEqual([{ txId: entry.txId, valid: true }]);
  });
});

describe('the chain', () => {
  test('refuses a block that does not follow, and takes none twice', () => {
    const chain = new Chain();
    const first = block(1, 'p');
    chain.append(first);
    chain.append(first);
    expect(() => {
      chain.append(block(2, 'another'));
    }).toThrow('does not follow');
    chain.append(block(2, first.hash));
    expect(chain.head?.number).toBe(2);
  });

  test('knows intents of valid transactions alone, and forgets what is old', () => {
    const chain = new Chain();
    const valid = { txId: 't1', valid: true, entry };
    const invalid = {
      txId: 't2',
      valid: false,
      entry: { ...entry, intentId: 'in_b' } as unknown as AuditEntry,
    };
    chain.append(block(0, 'p', [valid, invalid]));
    expect([chain.hasIntent('in_a'), chain.hasIntent('in_b')]).toEqual([true, false]);
    expect([chain.heightOf('t1'), chain.heightOf('t2')]).toEqual([0, undefined]);
    for (let number = 1; number <= CHAIN_WINDOW; number += 1)
      chain.append(block(number, chain.head?.hash ?? ''));
    expect([chain.hasIntent('in_a'), chain.heightOf('t1'), chain.hashAt(0)]).toEqual([
      false,
      undefined,
      undefined,
    ]);
  });

  test('attack 7: a transaction that is sent again stays committed where it was', () => {
    const chain = new Chain();
    chain.append(block(0, 'p', [{ txId: 't1', valid: true, entry, answerHash: 'h' }]));
    chain.append(block(1, chain.head?.hash ?? '', [{ txId: 't1', valid: false }]));
    expect([chain.heightOf('t1'), chain.intentHash('in_a')]).toEqual([0, 'h']);
    for (let number = 2; number <= CHAIN_WINDOW; number += 1)
      chain.append(block(number, chain.head?.hash ?? '', [{ txId: 't1', valid: false }]));
    expect(chain.heightOf('t1')).toBeUndefined();
  });

  test('a stream that breaks is taken up where it ended', async () => {
    const chain = new Chain();
    const stop = new AbortController();
    const asked: number[] = [];
    const ledger = {
      height: () => Promise.resolve(0),
      blocks: async function* (from: number): AsyncIterable<Block> {
        asked.push(from);
        if (from === 2) stop.abort();
        yield await Promise.resolve(block(from, chain.head?.hash ?? ''));
        throw new Error('the stream broke');
      },
    } as unknown as Ledger;
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await followLedger({ ledger, chain, log }, stop.signal);
    expect(asked).toEqual([0, 1, 2]);
    expect(chain.head?.number).toBe(2);
  });
});
