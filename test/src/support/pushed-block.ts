// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { signers } from '@hyperledger/fabric-gateway';
import fabricProtos from '@hyperledger/fabric-protos';
import type { Credentials, Nodes } from '@tutela/network/testing';

const { common, gossip, msp } = fabricProtos;
const STREAM = '/gossip.Gossip/GossipStream';
/** How long a peer may take to have read what was sent to it. */
const READ_MS = 2_000;

type Gossip = InstanceType<typeof gossip.GossipMessage>;

/**
 * Hands blocks to another hospital's peer by gossip, as the own hospital's peer and signed by its orderer. They follow
 * none that the peer has: one that takes the next ends.
 */
export async function pushBlocks(by: Nodes, victim: Nodes, numbers: readonly number[]): Promise<void> {
  const files = [victim.tlsRootFile, by.peerTls.keyFile, by.peerTls.certFile];
  const [root = Buffer.alloc(0), key = Buffer.alloc(0), cert = Buffer.alloc(0)] = await Promise.all(
    files.map((file) => readFile(file)),
  );
  const client = new Client(victim.peerAddress, credentials.createSsl(root, key, cert));
  try {
    const stream = client.makeBidiStreamRequest(
      STREAM,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => bytes,
    );
    await handshake(stream, by, new X509Certificate(cert).raw);
    for (const number of numbers) stream.write(plain(dataMessage(by, number, await forgedBlock(by, number))));
    await new Promise((resolve) => setTimeout(resolve, READ_MS));
    stream.end();
  } finally {
    client.close();
  }
}

/** Fabric's peers greet one another with a signed message each, which binds the TLS certificate. */
async function handshake(
  stream: ClientDuplexStream<Uint8Array, Uint8Array>,
  by: Nodes,
  tlsCertificate: Uint8Array,
) {
  const greeted = new Promise((resolve, reject) => {
    stream.once('data', resolve);
    stream.on('error', reject);
  });
  const identity = await identityOf(by.mspId, by.peer);
  const greeting = new gossip.ConnEstablish();
  greeting.setIdentity(identity);
  greeting.setPkiId(
    createHash('sha256')
      .update(by.mspId)
      .update(await readFile(by.peer.certFile))
      .digest(),
  );
  greeting.setTlsCertHash(createHash('sha256').update(tlsCertificate).digest());
  const message = new gossip.GossipMessage();
  message.setTag(gossip.GossipMessage.Tag.EMPTY);
  message.setConn(greeting);
  const payload = message.serializeBinary();
  const envelope = new gossip.Envelope();
  envelope.setPayload(payload);
  envelope.setSignature(await sign(by.peer, payload));
  stream.write(envelope.serializeBinary());
  await greeted;
}

function dataMessage({ channel }: Nodes, number: number, block: Uint8Array): Gossip {
  const payload = new gossip.Payload();
  payload.setSeqNum(number);
  payload.setData(block);
  const data = new gossip.DataMessage();
  data.setPayload(payload);
  const message = new gossip.GossipMessage();
  message.setTag(gossip.GossipMessage.Tag.CHAN_AND_ORG);
  message.setChannel(Buffer.from(channel));
  message.setDataMsg(data);
  return message;
}

function plain(message: Gossip): Uint8Array {
  const envelope = new gossip.Envelope();
  envelope.setPayload(message.serializeBinary());
  return envelope.serializeBinary();
}

async function forgedBlock(by: Nodes, number: number): Promise<Uint8Array> {
  const transaction = rubbish(by.channel);
  const previous = randomBytes(32);
  const dataHash = createHash('sha256').update(transaction).digest();
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(await identityOf(by.mspId, by.orderer));
  signatureHeader.setNonce(randomBytes(24));
  const headerBytes = signatureHeader.serializeBinary();
  const signed = Buffer.concat([headerBytes, headerOf(number, previous, dataHash)]);
  // By hand: other libraries of a test run bring versions of these two messages that share one global name.
  const signature = Buffer.concat([field(1, headerBytes), field(2, await sign(by.orderer, signed))]);
  const signatures = field(2, signature);
  const header = new common.BlockHeader();
  header.setNumber(number);
  header.setPreviousHash(previous);
  header.setDataHash(dataHash);
  const data = new common.BlockData();
  data.setDataList([transaction]);
  const metadata = new common.BlockMetadata();
  const absent = new Uint8Array();
  metadata.setMetadataList([signatures, absent, absent, absent, absent]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata);
  return block.serializeBinary();
}

/** A field of bytes in Protocol Buffers' encoding, of fewer than 16,384 bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  const { length } = bytes;
  const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
  return Buffer.concat([Buffer.of((number << 3) | 2, ...size), bytes]);
}

function rubbish(channel: string): Uint8Array {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  envelope.setSignature(randomBytes(70));
  return envelope.serializeBinary();
}

/** What an orderer signs of a header: number, previous hash and data hash in ASN.1. */
function headerOf(number: number, previous: Uint8Array, dataHash: Uint8Array): Buffer {
  const digits = number.toString(16);
  const positive = Buffer.from(`00${digits.length % 2 === 0 ? '' : '0'}${digits}`, 'hex');
  const integer = (positive[1] ?? 0) >= 0x80 ? positive : positive.subarray(1);
  const parts = [der(0x02, integer), der(0x04, previous), der(0x04, dataHash)];
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

async function identityOf(mspId: string, { certFile }: Credentials): Promise<Uint8Array> {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(await readFile(certFile));
  return identity.serializeBinary();
}

async function sign({ keyFile }: Credentials, bytes: Uint8Array): Promise<Uint8Array> {
  const signer = signers.newPrivateKeySigner(createPrivateKey(await readFile(keyFile)));
  return signer(createHash('sha256').update(bytes).digest());
}
