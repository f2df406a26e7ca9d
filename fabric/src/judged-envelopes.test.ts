// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fabricProtos, { type common } from '@hyperledger/fabric-protos';
import { describe, expect, test } from '@jest/globals';
import { claimIn, envelopesIn, holdsValid } from './judged-envelopes.js';

const { common: messages, msp, peer } = fabricProtos;
const codes = peer.TxValidationCode;
const { CONFIG, ENDORSER_TRANSACTION, MESSAGE } = messages.HeaderType;
const OTHERS_ID = 'a'.repeat(64);

/** An envelope of a hospital's client; it has its own id where none is given. */
function envelopeOf(mspId: string, claimed?: string, type: number = ENDORSER_TRANSACTION): Uint8Array {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(mspId);
  const signer = new messages.SignatureHeader();
  signer.setCreator(creator.serializeBinary());
  signer.setNonce(Buffer.from('a nonce'));
  const own = createHash('sha256').update('a nonce').update(creator.serializeBinary()).digest('hex');
  const channel = new messages.ChannelHeader();
  channel.setTxId(claimed ?? own);
  channel.setType(type);
  const header = new messages.Header();
  header.setChannelHeader(channel.serializeBinary());
  header.setSignatureHeader(signer.serializeBinary());
  const payload = new messages.Payload();
  payload.setHeader(header);
  const envelope = new messages.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}

type Judged = readonly [envelope: Uint8Array, code: number];

function blockOf(...judged: readonly Judged[]): common.Block {
  const data = new messages.BlockData();
  data.setDataList(judged.map(([envelope]) => envelope));
  const metadata = new messages.BlockMetadata();
  const codes = Uint8Array.from(judged.map(([, code]) => code));
  metadata.setMetadataList([new Uint8Array(0), new Uint8Array(0), codes]);
  const block = new messages.Block();
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

const claimsIn = (...judged: readonly Judged[]) => envelopesIn(blockOf(...judged)).map(claimIn);

describe('attack 44: envelopes that claim a transaction’s id', () => {
  const claim = envelopeOf('CedarMSP', OTHERS_ID);

  test('hide no valid transaction in their block', () => {
    const truth = envelopeOf('AlderMSP', OTHERS_ID);
    const claimed = blockOf([claim, codes.BAD_PROPOSAL_TXID], [truth, codes.VALID]);
    expect(holdsValid(claimed, OTHERS_ID)).toBe(true);
    const duplicate = blockOf([claim, codes.BAD_PROPOSAL_TXID], [truth, codes.DUPLICATE_TXID]);
    expect(holdsValid(duplicate, OTHERS_ID)).toBe(false);
    expect(holdsValid(blockOf([envelopeOf('AlderMSP'), codes.VALID]), OTHERS_ID)).toBe(false);
  });

  test('are no valid transaction where they are a valid change of the configuration', () => {
    const change = envelopeOf('CedarMSP', OTHERS_ID, CONFIG);
    expect(holdsValid(blockOf([change, codes.VALID]), OTHERS_ID)).toBe(false);
    expect(claimsIn([change, codes.VALID])).toEqual([{ txId: OTHERS_ID, hospital: 'CedarMSP' }]);
  });

  test('name the hospital whose signature peers have verified', () => {
    const message = envelopeOf('CedarMSP', OTHERS_ID, MESSAGE);
    const named = { txId: OTHERS_ID, hospital: 'CedarMSP' };
    expect(claimsIn([claim, codes.BAD_PROPOSAL_TXID], [message, codes.UNSUPPORTED_TX_PAYLOAD])).toEqual([
      named,
      named,
    ]);
  });

  test('are told without a hospital where no signature is verified, or the proposal itself was sent', () => {
    const unverified = [codes.BAD_COMMON_HEADER, codes.BAD_CREATOR_SIGNATURE, codes.BAD_PAYLOAD];
    expect(claimsIn(...unverified.map((code): Judged => [claim, code]))).toEqual(
      unverified.map(() => ({ txId: OTHERS_ID })),
    );
    const [sent] = claimsIn([envelopeOf('AlderMSP'), codes.INVALID_ENDORSER_TRANSACTION]);
    expect(Object.keys(sent ?? {})).toEqual(['txId']);
  });

  test('are none where a hospital signed its own id, or no id', () => {
    const own = envelopeOf('AlderMSP');
    const judged = [codes.VALID, codes.MVCC_READ_CONFLICT, codes.DUPLICATE_TXID, codes.BAD_PROPOSAL_TXID];
    expect(claimsIn(...judged.map((code): Judged => [own, code]))).toEqual(judged.map(() => undefined));
    // A change of the configuration, which an administrator signed, sent as a plain message.
    const change = envelopeOf('AlderMSP', '', MESSAGE);
    expect(claimsIn([change, codes.UNSUPPORTED_TX_PAYLOAD])).toEqual([undefined]);
    expect(claimsIn([new Uint8Array([255]), codes.BAD_PROPOSAL_TXID])).toEqual([undefined]);
  });
});
