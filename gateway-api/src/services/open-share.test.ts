// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CustodianSet, MspId } from '@tutela/chaincode/domain';
import { encodeBase64url, generateHpkeKeyPair, hpkeSeal, sha256, systemRandom } from '@tutela/crypto';
import { openShare, type SealedReply } from './open-share.js';

const RUNS = 500;
const mspId = 'AlderMSP' as MspId;
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x = '', y = '' } = keys.publicKey.export({ format: 'jwk' });
const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
const custodian = { mspId, publicKey: Buffer.concat(point).toString('base64url') };
const session = generateHpkeKeyPair();
const [label, capsule] = [systemRandom(32), systemRandom(162)];
const info = systemRandom(20);
const signed = systemRandom(64);
const signature = sign('sha256', signed, { key: keys.privateKey, dsaEncoding: 'ieee-p1363' });
// The other members of a set play no part here.
const transcriptHash = encodeBase64url(systemRandom(32));
const set = { members: [{ mspId, index: 1 }], transcriptHash } as unknown as CustodianSet;

/** What a custodian replies about a share that it sealed. */
function replyOf(share: Uint8Array, change: Partial<SealedReply> = {}): SealedReply {
  const aad = label;
  return {
    label: encodeBase64url(label),
    capsuleHash: encodeBase64url(sha256(capsule)),
    transcriptHash,
    epoch: 1,
    index: 1,
    sealed: encodeBase64url(hpkeSeal(session.publicKey, { info, aad }, share)),
    shareHash: encodeBase64url(sha256(share)),
    ...change,
  };
}

function opened(reply: SealedReply, by = encodeBase64url(signature)) {
  return openShare(custodian, { session, set }, { label, capsule }, { reply, signed, signature: by, info });
}

describe('attack 37: a custodian’s reply of any shape', () => {
  test('holds a share when it is 96 bytes under the right label, place and hash', () => {
    const share = systemRandom(96);
    expect(opened(replyOf(share))).toMatchObject({
      kind: 'share',
      revealed: share,
      share: { index: 1, epoch: 1 },
    });
  });

  test('is proven false when it holds anything else, or is for another place', () => {
    const share = systemRandom(96);
    expect(opened(replyOf(new Uint8Array(0)))).toEqual({ kind: 'false', revealed: new Uint8Array(0) });
    expect(opened(replyOf(share, { index: 2 }))).toEqual({ kind: 'false', revealed: share });
  });

  test('is not opened, and proves nothing, when it is for another label', () => {
    const other = systemRandom(32);
    for (const share of [systemRandom(96), new Uint8Array(0)]) {
      const sealed = encodeBase64url(hpkeSeal(session.publicKey, { info, aad: other }, share));
      const reply = replyOf(share, { label: encodeBase64url(other), sealed });
      expect(opened(reply)).toEqual({ kind: 'unopened' });
    }
  });

  test('attack 28 and 42: is not opened, and proves nothing, when it is about another capsule or key', () => {
    const other = encodeBase64url(systemRandom(32));
    for (const share of [systemRandom(96), new Uint8Array(0)])
      for (const change of [{ capsuleHash: other }, { transcriptHash: other }])
        expect(opened(replyOf(share, change))).toEqual({ kind: 'unopened' });
  });

  test('that its custodian did not sign, in canonical base64url, is not its own', () => {
    const reply = replyOf(systemRandom(96));
    for (const bad of ['', 'A', '!', encodeBase64url(systemRandom(64)), `${encodeBase64url(signature)}A`])
      expect(opened(reply, bad)).toEqual({ kind: 'unsigned' });
  });

  test(`is never an exception, ${String(RUNS)} random ones`, () => {
    const text = () => Buffer.from(systemRandom((systemRandom(1)[0] ?? 0) % 60)).toString('latin1');
    for (let run = 0; run < RUNS; run += 1) {
      const share = systemRandom((systemRandom(1)[0] ?? 0) % 253);
      const field = (['label', 'sealed', 'shareHash'] as const)[run % 3] ?? 'sealed';
      expect(opened(replyOf(share)).kind).toBe(share.length === 96 ? 'share' : 'false');
      expect(['unopened', 'false']).toContain(opened(replyOf(share, { [field]: text() })).kind);
    }
  });
});
