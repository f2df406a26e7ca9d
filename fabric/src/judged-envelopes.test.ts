// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fabricProtos, { type common } from '@hyperledger/fabric-protos';
import { describe, expect, test } from '@jest/globals';
import { claimantIn, envelopesIn, holdsValid } from './judged-envelopes.js';

const { common: messages, msp, peer } = fabricProtos;
const { BAD_CREATOR_SIGNATURE, BAD_PROPOSAL_TXID, DUPLICATE_TXID, VALID } = peer.TxValidationCode;
const { MVCC_READ_CONFLICT, UNSUPPORTED_TX_PAYLOAD } = peer.TxValidationCode;
const OTHERS_ID = 'a'.repeat(64);

/** An envelope of a hospital's client; it claims its own id where none is given. */
function envelopeOf(mspId: string, claimed?: string): Uint8Array {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(mspId);
  const signer = new messages.SignatureHeader();
  signer.setCreator(creator.serializeBinary());
  signer.setNonce(Buffer.from('a nonce'));
  const own = createHash('sha256').update('a nonce').update(creator.serializeBinary()).digest('hex');
  const channel = new messages.ChannelHeader();
  channel.setTxId(claimed ?? own);
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

const claimants = (...judged: readonly Judged[]) => envelopesIn(blockOf(...judged)).map(claimantIn);

describe('attack 44: envelopes that claim a transaction’s id', () => {
  test('hide no valid transaction in their block', () => {
    const claim = envelopeOf('CedarMSP', OTHERS_ID);
    const claimed = blockOf([claim, BAD_PROPOSAL_TXID], [envelopeOf('AlderMSP', OTHERS_ID), VALID]);
    expect(holdsValid(claimed, OTHERS_ID)).toBe(true);
    const duplicate = blockOf(
      [claim, BAD_PROPOSAL_TXID],
      [envelopeOf('AlderMSP', OTHERS_ID), DUPLICATE_TXID],
    );
    expect(holdsValid(duplicate, OTHERS_ID)).toBe(false);
    expect(holdsValid(blockOf([envelopeOf('AlderMSP'), VALID]), OTHERS_ID)).toBe(false);
  });

  test('name the hospital whose signature peers found true', () => {
    const claim = envelopeOf('CedarMSP', OTHERS_ID);
    expect(claimants([claim, BAD_PROPOSAL_TXID], [claim, UNSUPPORTED_TX_PAYLOAD])).toEqual([
      'CedarMSP',
      'CedarMSP',
    ]);
  });

  test('name no hospital that signed nothing, or its own id', () => {
    const own = envelopeOf('AlderMSP');
    const codes = [VALID, MVCC_READ_CONFLICT, DUPLICATE_TXID, BAD_PROPOSAL_TXID, UNSUPPORTED_TX_PAYLOAD];
    expect(claimants(...codes.map((code) => [own, code] as const))).toEqual(codes.map(() => undefined));
    const forged = envelopeOf('AlderMSP', OTHERS_ID);
    expect(claimants([forged, BAD_CREATOR_SIGNATURE], [forged, DUPLICATE_TXID])).toEqual([
      undefined,
      undefined,
    ]);
    expect(claimants([new Uint8Array([255]), BAD_PROPOSAL_TXID])).toEqual([undefined]);
  });
});
