// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { encodeBase64url } from './base64url.js';
import { SoftAuthenticator } from './testing/index.js';
import { assertionFault, type AssertionFault, type WebAuthnAssertion } from './webauthn.js';

const challenge = encodeBase64url(new Uint8Array(32).fill(7));
const device = new SoftAuthenticator('alder.example');
const expected = { publicKey: device.publicKey, rpId: device.rpId, challenge };
const faultOf = (assertion: WebAuthnAssertion) => assertionFault(assertion, expected);

function fromHex(text: string): string {
  return Buffer.from(text, 'hex').toString('base64url');
}

/**
 * Test vectors of W3C Web Authentication Level 3, §16.2, §16.3 and §16.4: nobody's user was verified in the first
 * two, which is found only after their signatures held.
 */
const PUBLISHED = [
  {
    name: 'ES256 without attestation',
    point:
      'afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220',
    challenge: '39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
    signature:
      '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
  },
  {
    name: 'ES256 with self attestation',
    point:
      'eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2',
    challenge: '4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d',
    signature:
      '304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66',
  },
] as const;

describe('the published vectors', () => {
  test.each(PUBLISHED)('$name: the signature holds, and nobody was verified', (vector) => {
    const assertion = {
      authenticatorData: fromHex(vector.authenticatorData),
      clientDataJSON: fromHex(vector.clientDataJSON),
      signature: fromHex(vector.signature),
    };
    const of = {
      publicKey: fromHex(`04${vector.point}`),
      rpId: 'example.org',
      challenge: fromHex(vector.challenge),
    };
    expect(assertionFault(assertion, of)).toBe('user-verification');
    const flipped = fromHex(vector.authenticatorData.replace(/00$/, '01'));
    expect(assertionFault({ ...assertion, authenticatorData: flipped }, of)).toBe('signature');
  });
});

describe('an assertion', () => {
  test('holds on a page of the RP ID or below it, at any port', () => {
    for (const origin of [
      'https://alder.example',
      'https://ward.alder.example',
      'https://alder.example:8443',
    ])
      expect(faultOf(device.assert(challenge, { client: { origin } }))).toBeUndefined();
  });

  test('holds on this machine without https, and nowhere else', () => {
    const local = new SoftAuthenticator('localhost');
    const at = (origin: string) =>
      assertionFault(local.assert(challenge, { client: { origin } }), {
        ...{ publicKey: local.publicKey, rpId: 'localhost', challenge },
      });
    expect(at('http://localhost:8080')).toBeUndefined();
    expect(faultOf(device.assert(challenge, { client: { origin: 'http://alder.example' } }))).toBe('origin');
  });

  const other = encodeBase64url(new Uint8Array(32).fill(8));
  const attacks: readonly [string, Parameters<SoftAuthenticator['assert']>[1], AssertionFault][] = [
    ['of a registration', { client: { type: 'webauthn.create' } }, 'type'],
    ['to another challenge', { client: { challenge: other } }, 'challenge'],
    ['on a neighbour’s page', { client: { origin: 'https://birch.example' } }, 'origin'],
    ['on a page that only ends alike', { client: { origin: 'https://evilalder.example' } }, 'origin'],
    ['on a page that hides its host', { client: { origin: 'https://evil.example#alder.example' } }, 'origin'],
    ['in a foreign frame', { client: { crossOrigin: true } }, 'origin'],
    ['for another RP ID', { rpId: 'birch.example' }, 'rp-id'],
    ['without a touch', { flags: 0x04 }, 'user-presence'],
    ['without PIN or finger', { flags: 0x01 }, 'user-verification'],
    ['backed up though it may not be', { flags: 0x15 }, 'backup-state'],
  ];
  test.each(attacks)('%s is refused', (_attack, change, fault) => {
    expect(faultOf(device.assert(challenge, change))).toBe(fault);
  });

  test('of another device is refused', () => {
    expect(faultOf(new SoftAuthenticator('alder.example').assert(challenge))).toBe('signature');
  });

  test('whose signed bytes were touched is refused', () => {
    const { clientDataJSON, ...rest } = device.assert(challenge);
    const longer = Buffer.from(`${Buffer.from(clientDataJSON, 'base64url').toString()} `).toString(
      'base64url',
    );
    expect(faultOf({ ...rest, clientDataJSON: longer })).toBe('signature');
  });

  test.each([
    ['no JSON', { clientDataJSON: 'AAAA' }],
    ['a JSON that is no object', { clientDataJSON: Buffer.from('null').toString('base64url') }],
    ['authenticator data that are too short', { authenticatorData: 'AAAA' }],
    ['what is no base64url', { signature: '=' }],
  ])('of %s is malformed', (_what, change) => {
    expect(faultOf({ ...device.assert(challenge), ...change })).toBe('malformed');
  });

  test('with a signature that is no DER is refused', () => {
    expect(faultOf({ ...device.assert(challenge), signature: 'AAAA' })).toBe('signature');
  });
});
