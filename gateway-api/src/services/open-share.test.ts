// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CustodianSet, MspId } from '@tutela/chaincode/domain';
import { encodeBase64url, generateHpkeKeyPair, hpkeSeal, sha256, systemRandom } from '@tutela/crypto';
import { openShare, type SealedWord } from './open-share.js';

const TURNS = 500;
const mspId = 'AlderMSP' as MspId;
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x = '', y = '' } = keys.publicKey.export({ format: 'jwk' });
const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
const custodian = { mspId, publicKey: Buffer.concat(point).toString('base64url') };
const session = generateHpkeKeyPair();
const label = systemRandom(32);
const info = systemRandom(20);
const signed = systemRandom(64);
const signature = sign('sha256', signed, { key: keys.privateKey, dsaEncoding: 'ieee-p1363' });
// The other members of a set play no part here.
const set = { members: [{ mspId, index: 1 }] } as unknown as CustodianSet;

/** What a custodian says of a share that it sealed. */
function wordOf(share: Uint8Array, change: Partial<SealedWord> = {}): SealedWord {
  const aad = label;
  return {
    label: encodeBase64url(label),
    epoch: 1,
    index: 1,
    sealed: encodeBase64url(hpkeSeal(session.publicKey, { info, aad }, share)),
    shareHash: encodeBase64url(sha256(share)),
    ...change,
  };
}

function opened(word: SealedWord, by = encodeBase64url(signature)) {
  return openShare(custodian, { session, set }, label, { word, signed, signature: by, info });
}

describe('attack 37: a custodian’s reply of any shape', () => {
  test('holds a share when it is 96 bytes under the right label, place and hash', () => {
    const share = systemRandom(96);
    expect(opened(wordOf(share))).toMatchObject({
      kind: 'share',
      revealed: share,
      share: { index: 1, epoch: 1 },
    });
  });

  test('is proven false when it holds anything else, for another label or another place', () => {
    const share = systemRandom(96);
    expect(opened(wordOf(new Uint8Array(0)))).toEqual({ kind: 'false', revealed: new Uint8Array(0) });
    expect(opened(wordOf(share, { index: 2 }))).toEqual({ kind: 'false', revealed: share });
  });

  test('that its custodian did not sign, in canonical base64url, is not its word', () => {
    const word = wordOf(systemRandom(96));
    for (const bad of ['', 'A', '!', encodeBase64url(systemRandom(64)), `${encodeBase64url(signature)}A`])
      expect(opened(word, bad)).toEqual({ kind: 'unsigned' });
  });

  test(`is never an exception, ${String(TURNS)} random ones`, () => {
    const text = () => Buffer.from(systemRandom((systemRandom(1)[0] ?? 0) % 60)).toString('latin1');
    for (let turn = 0; turn < TURNS; turn += 1) {
      const share = systemRandom((systemRandom(1)[0] ?? 0) % 253);
      const field = (['label', 'sealed', 'shareHash'] as const)[turn % 3] ?? 'sealed';
      expect(opened(wordOf(share)).kind).toBe(share.length === 96 ? 'share' : 'false');
      expect(['unopened', 'false']).toContain(opened(wordOf(share, { [field]: text() })).kind);
    }
  });
});
