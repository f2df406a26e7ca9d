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
export function sendHostileEnvelope(by: Administrator): Promise<number> {
  return send(by, { suffix: RUBBISH });
}

/** As {@link sendHostileEnvelope}, well-formed, with the id of another transaction. */
export function claimTransactionId(by: Administrator, txId: string): Promise<number> {
  return send(by, { txId, suffix: new Uint8Array(0) });
}

/** The transaction id that an envelope claims, if not its own, and what comes after its channel header. */
type Hostile = Readonly<{ txId?: string; suffix: Uint8Array }>;

async function send(by: Administrator, hostile: Hostile): Promise<number> {
  const client = new Client(by.orderer, credentials.createSsl(await readFile(by.tlsRootFile)));
  try {
    return await broadcast(client, await envelopeOf(by, hostile));
  } finally {
    client.close();
  }
}

async function envelopeOf(
  { channel, mspId, certFile, keyFile }: Administrator,
  { txId, suffix }: Hostile,
): Promise<Uint8Array> {
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
  const ownId = createHash('sha256').update(nonce).update(creator.serializeBinary()).digest('hex');
  channelHeader.setTxId(txId ?? ownId);
  const header = new common.Header();
  header.setChannelHeader(Buffer.concat([channelHeader.serializeBinary(), suffix]));
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
