// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { fuzz } from '@tutela/chaincode/testing';
import { parseMemberAuthorities, parseOrdererRoots } from '@tutela/fabric';
import {
  chaincodeEvent,
  channelHeader,
  configurationBlock,
  encode,
  endorsedTransaction,
  envelope,
  fabricBlock,
  hospitalGroup,
  ordererMetadata,
} from '../testing/fabric-bytes.js';
import { Chain } from './chain.js';
import { followLedger } from './follow.js';
import type { Block, Ledger } from './ledger.js';
import { parseBlock } from './parse-block.js';

const VALID = 0;
const BAD_HEADER = 2;
const TX = 'a'.repeat(64);
const HOSTILE_TX = 'b'.repeat(64);
const ANSWER = '{"intentId":"in_a"}';
const entry = {
  v: 1,
  txId: TX,
  at: '2026-03-01T08:00:00.000Z',
  act: 'intent-declared',
  actor: { mspId: 'AlderMSP', id: 'pr_a', role: 'physician' },
  intentId: 'in_a',
};
const data = endorsedTransaction(chaincodeEvent(entry), ANSWER);
const honest = envelope(channelHeader(TX), data);
const asHonest = {
  txId: TX,
  valid: true,
  entry,
  answerHash: createHash('sha256').update(ANSWER).digest('base64url'),
};

/** Known fields of a channel header with another wire type, and a group; Go keeps them as unknown. */
const GO_ACCEPTS = [
  '3203ffffff',
  '0a01ff',
  '1a00',
  '2001',
  '2801',
  '39ffffffffffffffff',
  '3dffffffff',
  '4b4c',
];
/** What no decoder takes. */
const RUBBISH = ['ffffffff', '0a', '00', '2a0280ff'];

function parsed(hostile: Uint8Array, code: number): Block {
  return parseBlock(fabricBlock([honest, hostile, honest], { codes: [VALID, code, VALID] }), 'tutela');
}

describe('attack 37: an envelope that one hospital writes', () => {
  test('keeps its place, its code and its transaction id where Go reads it', () => {
    for (const suffix of GO_ACCEPTS) {
      const header = Buffer.concat([channelHeader(HOSTILE_TX), Buffer.from(suffix, 'hex')]);
      const { transactions } = parsed(envelope(header, data), BAD_HEADER);
      const claim = { txId: HOSTILE_TX };
      expect(transactions).toEqual([asHonest, { txId: HOSTILE_TX, valid: false, claim }, asHonest]);
    }
  });

  test('keeps its place and its code where nothing reads it', () => {
    const envelopes = RUBBISH.flatMap((hex) => {
      const rubbish = Buffer.from(hex, 'hex');
      return [rubbish, encode([[1, rubbish]]), envelope(rubbish, data), envelope(channelHeader(''), rubbish)];
    });
    for (const hostile of [new Uint8Array(0), ...envelopes])
      for (const code of [VALID, BAD_HEADER])
        expect(parsed(hostile, code).transactions).toEqual([
          asHonest,
          { txId: '', valid: code === VALID },
          asHonest,
        ]);
  });

  test('hides no valid transaction of another hospital that it wraps anew', () => {
    const fields = Buffer.from(honest);
    const wrapped = [
      Buffer.concat([fields, Buffer.from('0801', 'hex')]),
      Buffer.concat([Buffer.from('1005', 'hex'), fields, Buffer.from('5b5c', 'hex')]),
      Buffer.concat([envelope(channelHeader(HOSTILE_TX), data), fields]),
    ];
    for (const again of wrapped)
      expect(parseBlock(fabricBlock([again], { codes: [VALID] }), 'tutela').transactions).toEqual([asHonest]);
  });

  test('is read as a whole where its parts are sent in pieces', () => {
    const payload = Buffer.concat([
      encode([[1, encode([[1, channelHeader(TX)]])]]),
      encode([[1, encode([[2, 'a signature header']])]]),
      encode([[2, data]]),
    ]);
    const pieces = encode([[1, payload]]);
    expect(parseBlock(fabricBlock([pieces], { codes: [VALID] }), 'tutela').transactions).toEqual([asHonest]);
  });

  test('of `_lifecycle` with an event of another wire type is a valid transaction without an entry', () => {
    for (const events of [Buffer.from('0801', 'hex'), Buffer.from('ff', 'hex')]) {
      const approval = envelope(channelHeader(HOSTILE_TX), endorsedTransaction(events, ''));
      expect(parsed(approval, VALID).transactions[1]).toEqual({ txId: HOSTILE_TX, valid: true });
    }
    const noJson = encode([
      [1, 'tutela'],
      [3, 'tutela.v1'],
      [4, '{"v":'],
    ]);
    const torn = envelope(channelHeader(HOSTILE_TX), endorsedTransaction(noJson, ''));
    expect(parsed(torn, VALID).transactions[1]).toEqual({ txId: HOSTILE_TX, valid: true });
  });

  test('does not stop the stream of blocks', async () => {
    const stop = new AbortController();
    const chain = new Chain();
    const header = Buffer.concat([channelHeader(HOSTILE_TX), Buffer.from('3203ffffff', 'hex')]);
    const ledger = {
      height: () => Promise.resolve(0),
      blocks: async function* (from: number): AsyncIterable<Block> {
        for (let number = from; number < 9; number += 1) {
          const envelopes = [number === 4 ? envelope(header, data) : honest];
          const block = parseBlock(fabricBlock(envelopes, { number, codes: [BAD_HEADER] }), 'tutela');
          yield await Promise.resolve({ ...block, previousHash: chain.head?.hash ?? '' });
        }
        stop.abort();
      },
    } as unknown as Ledger;
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await followLedger({ ledger, chain, log }, stop.signal);
    expect(chain.head?.number).toBe(8);
  });
});

describe('attack 37: what an orderer writes beside a block', () => {
  test('counts as no signature where it cannot be read, and else as Go reads it', () => {
    const metadata = ordererMetadata('value', 'signature');
    const signature = (bytes: Uint8Array) =>
      parseBlock(fabricBlock([honest], { metadata: bytes }), 'tutela').ordererSignature;
    const whole = signature(metadata);
    expect(Buffer.from(whole?.signature ?? '', 'base64url').toString()).toBe('signature');
    expect(signature(Buffer.concat([metadata, Buffer.from('1001', 'hex')]))).toEqual(whole);
    for (const rubbish of ['', '0a', '1201', '12020aff', 'ffff'])
      expect(signature(Buffer.from(rubbish, 'hex'))).toBeUndefined();
  });
});

describe('attack 37: a hospital’s own entry in the channel’s configuration', () => {
  const mspOf = (name: string) =>
    encode([
      [1, name],
      [2, `root of ${name}`],
      [5, `list of ${name}`],
      [9, `TLS root of ${name}`],
    ]);
  const birch = hospitalGroup(mspOf('BirchMSP'));

  test('is read where Go reads it', () => {
    for (const rubbish of ['0801', '1001', '4801', '5d01020304', '4b4c']) {
      const msp = Buffer.concat([mspOf('AlderMSP'), Buffer.from(rubbish, 'hex')]);
      const block = configurationBlock({ Alder: hospitalGroup(msp), Birch: birch });
      expect(parseMemberAuthorities(block).map(({ mspId }) => mspId)).toEqual(['AlderMSP', 'BirchMSP']);
      expect(parseOrdererRoots(block)).toEqual([
        { mspId: 'AlderMSP', certificates: [Buffer.from('root of AlderMSP')] },
        { mspId: 'BirchMSP', certificates: [Buffer.from('root of BirchMSP')] },
      ]);
    }
  });

  test('is that hospital’s loss alone where nothing reads it', () => {
    const rubbish = Buffer.from('ffff', 'hex');
    for (const alder of [rubbish, encode([[3, rubbish]]), hospitalGroup(rubbish), new Uint8Array(0)]) {
      const block = configurationBlock({ Alder: alder, Birch: birch });
      expect(parseMemberAuthorities(block)).toEqual([
        {
          mspId: 'BirchMSP',
          certificates: [Buffer.from('root of BirchMSP')],
          tlsCertificates: [Buffer.from('TLS root of BirchMSP')],
          revocationLists: [Buffer.from('list of BirchMSP')],
        },
      ]);
      expect(parseOrdererRoots(block).map(({ mspId }) => mspId)).toEqual(['BirchMSP']);
    }
  });
});

describe('attack 37: no bytes stop the reader', () => {
  test('of envelopes', () => {
    // A block of many costs much less than a block for each.
    let block: Uint8Array[] = [];
    fuzz([honest], (bytes) => {
      block.push(bytes);
      if (block.length < 100) return;
      parseBlock(fabricBlock(block, { codes: block.map(() => VALID) }), 'tutela');
      block = [];
    });
  }, 300_000);

  test('of their neighbours', () => {
    fuzz([honest], parsedWith, { runs: 5_000 });
  }, 300_000);

  test('of orderers’ metadata', () => {
    fuzz([ordererMetadata('value', 'signature')], (metadata) =>
      parseBlock(fabricBlock([], { metadata }), 'tutela'),
    );
  }, 300_000);

  test('of hospitals’ entries', () => {
    const group = hospitalGroup(
      encode([
        [1, 'AlderMSP'],
        [2, 'root'],
        [9, 'TLS root'],
      ]),
    );
    fuzz([group], (bytes) => parseMemberAuthorities(configurationBlock({ Alder: bytes })));
  }, 300_000);
});

/** The neighbours of changed bytes stay what they are. */
function parsedWith(bytes: Uint8Array): void {
  const { transactions } = parsed(bytes, VALID);
  if (transactions.length !== 3 || transactions[0]?.txId !== TX || transactions[2]?.entry === undefined)
    throw new Error('a neighbour was changed');
}
