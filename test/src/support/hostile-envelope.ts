// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { signers } from '@hyperledger/fabric-gateway';
import fabricProtos from '@hyperledger/fabric-protos';
import type { Administrator } from '@tutela/network/testing';

const { common, msp, orderer } = fabricProtos;
/** `epoch`, an integer, sent as bytes: Go's library keeps it as an unknown field, others refuse the whole. */
const RUBBISH = Buffer.from('3203ffffff', 'hex');
const BROADCAST = '/orderer.AtomicBroadcast/Broadcast';

/**
 * Sends one envelope to the own hospital's orderer: well-formed and signed, but for a field of another wire type in its
 * channel header. Returns the orderer's status; 200 means that it will be in a block.
 */
export async function sendHostileEnvelope(by: Administrator): Promise<number> {
  const client = new Client(by.orderer, credentials.createSsl(await readFile(by.tlsRootFile)));
  try {
    return await broadcast(client, await envelopeOf(by));
  } finally {
    client.close();
  }
}

async function envelopeOf({ channel, mspId, certFile, keyFile }: Administrator): Promise<Uint8Array> {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(mspId);
  creator.setIdBytes(await readFile(certFile));
  const nonce = randomBytes(24);
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator.serializeBinary());
  signatureHeader.setNonce(nonce);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(channel);
  channelHeader.setTxId(createHash('sha256').update(nonce).update(creator.serializeBinary()).digest('hex'));
  const header = new common.Header();
  header.setChannelHeader(Buffer.concat([channelHeader.serializeBinary(), RUBBISH]));
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(Buffer.from('no transaction'));
  const bytes = payload.serializeBinary();
  const sign = signers.newPrivateKeySigner(createPrivateKey(await readFile(keyFile)));
  const envelope = new common.Envelope();
  envelope.setPayload(bytes);
  envelope.setSignature(await sign(createHash('sha256').update(bytes).digest()));
  return envelope.serializeBinary();
}

function broadcast(client: Client, envelope: Uint8Array): Promise<number> {
  const stream = client.makeBidiStreamRequest(
    BROADCAST,
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes) => orderer.BroadcastResponse.deserializeBinary(bytes).getStatus(),
  );
  return new Promise((resolve, reject) => {
    stream.on('data', (status: number) => {
      resolve(status);
      stream.end();
    });
    stream.on('error', reject);
    stream.write(envelope);
  });
}
