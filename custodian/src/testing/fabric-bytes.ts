// SPDX-License-Identifier: Apache-2.0
import { common } from '@hyperledger/fabric-protos';
import { EVENT_NAME } from '@tutela/chaincode/domain';

/** Fields of a protobuf message by number: integers and texts or bytes, in the order in which they are sent. */
type Sent = readonly (readonly [number, number | string | Uint8Array])[];

/** A protobuf message, written by hand, so that it can be written wrongly too. */
export function encode(fields: Sent): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = BigInt(value); ; left >>= 7n) {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    if (left <= 0x7fn) return Buffer.from(bytes);
  }
}

/** A channel header as a client writes it; `type` 3 is an endorsed transaction. */
export function channelHeader(txId: string, type = 3): Buffer {
  return encode([
    [1, type],
    [3, encode([[1, 1_700_000_000]])],
    [4, 'tutela'],
    [5, txId],
  ]);
}

/** An envelope with a channel header and what it carries. */
export function envelope(header: Uint8Array, data: Uint8Array): Buffer {
  const payload = encode([
    [
      1,
      encode([
        [1, header],
        [2, 'a signature header'],
      ]),
    ],
    [2, data],
  ]);
  return encode([
    [1, payload],
    [2, 'a signature'],
  ]);
}

/** The event of an endorsed transaction. */
export function chaincodeEvent(entry: object, chaincode = 'tutela'): Buffer {
  return encode([
    [1, chaincode],
    [3, EVENT_NAME],
    [4, JSON.stringify(entry)],
  ]);
}

/** An endorsed transaction with the bytes of its event and its answer. */
export function endorsedTransaction(events: Uint8Array, answer: string): Buffer {
  const response = encode([
    [1, 200],
    [3, answer],
  ]);
  const action = encode([
    [1, 'results'],
    [2, events],
    [3, response],
    [4, encode([[2, 'tutela']])],
  ]);
  const proposed = encode([
    [1, 'proposal hash'],
    [2, action],
  ]);
  const endorsed = encode([
    [1, proposed],
    [
      2,
      encode([
        [1, 'endorser'],
        [2, 'signature'],
      ]),
    ],
  ]);
  const payload = encode([
    [1, 'proposal'],
    [2, endorsed],
  ]);
  return encode([[1, encode([[2, payload]])]]);
}

/** What an orderer writes beside a block: a value and its signature over the header. */
export function ordererMetadata(value: string, signature: string): Buffer {
  return encode([
    [1, value],
    [
      2,
      encode([
        [1, 'a signature header'],
        [2, signature],
      ]),
    ],
  ]);
}

/** A block as a peer sends it; a code of 0 makes its transaction a valid one. */
export function fabricBlock(
  envelopes: readonly Uint8Array[],
  { number = 7, codes = [], metadata = new Uint8Array(0) }: FabricBlockParts = {},
): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(number);
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const stored = new common.BlockMetadata();
  stored.setMetadataList([metadata, new Uint8Array(0), Uint8Array.from(codes)]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(stored);
  return block;
}

type FabricBlockParts = Readonly<{ number?: number; codes?: readonly number[]; metadata?: Uint8Array }>;

/** A configuration block with an encoded group for each hospital, the same under Application and Orderer. */
export function configurationBlock(groups: Readonly<Record<string, Uint8Array>>): common.Block {
  const part = encode(Object.entries(groups).map(([name, group]) => [2, mapEntry(name, group)]));
  const channel = encode(['Application', 'Orderer'].map((name) => [2, mapEntry(name, part)]));
  return fabricBlock([envelope(channelHeader('', 1), encode([[1, encode([[2, channel]])]]))]);
}

/** A hospital's group in the channel's configuration around its MSP (msp.FabricMSPConfig). */
export function hospitalGroup(msp: Uint8Array): Buffer {
  return encode([[3, mapEntry('MSP', encode([[2, encode([[2, msp]])]]))]]);
}

function mapEntry(key: string, value: Uint8Array): Buffer {
  return encode([
    [1, key],
    [2, value],
  ]);
}
