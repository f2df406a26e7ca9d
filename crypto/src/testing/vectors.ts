// SPDX-License-Identifier: Apache-2.0
import { sealAtRest } from '../at-rest.js';
import { encodeBase64url } from '../base64url.js';
import { utf8 } from '../bytes.js';
import { canonicalJson, type CanonicalValue } from '../canonical.js';
import type { Dealt } from '../ceremony/deal.js';
import type { Dealing } from '../ceremony/dealing.js';
import type { CustodyKey } from '../ceremony/receive.js';
import { termsHash } from '../ceremony/terms.js';
import { makeShare, sealCapsule } from '../custody.js';
import { deriveHpkeKeyPair, hpkeSealWithSeed } from '../hpke.js';
import { sha256 } from '../kernel/hashing.js';
import { sodiumGroup } from '../kernel/sodium-group.js';
import { capsuleLabel, contentRoot } from './labels.js';
import { encryptPart } from '../stream/encrypt.js';
import { CHUNK_SIZE } from '../stream/geometry.js';
import { partsDigest, partsTag } from '../stream/parts-digest.js';
import { SUITE_C1, SUITE_S1, type StreamSuite } from '../suite.js';
import {
  dealAll,
  finishAll,
  prepareCeremony,
  previousEpoch,
  redealAll,
  type TestCeremony,
} from './consortium.js';
import { seededRandom } from './seeded-random.js';
import { place, plaintextOf, streamFixture } from './stream-fixture.js';

/** What is frozen, by format. */
export interface Vectors {
  readonly source: string;
  readonly labels: ReturnType<typeof labelVectors>;
  readonly streams: readonly ReturnType<typeof streamVector>[];
  readonly capsule: ReturnType<typeof capsuleVector>;
  readonly sealed: ReturnType<typeof sealedVector>;
  readonly atRest: ReturnType<typeof atRestVectors>;
  readonly ceremony: ReturnType<typeof ceremonyVector>;
}

/** The formats of version 1, frozen: a change of any of these bytes is a change of format. */
export function makeVectors(): Vectors {
  return {
    source: 'made by this package from fixed randomness; byte values in base64url',
    labels: labelVectors(),
    streams: [streamVector(SUITE_S1), streamVector(SUITE_C1)],
    capsule: capsuleVector(),
    sealed: sealedVector(),
    atRest: atRestVectors(),
    ceremony: ceremonyVector(),
  };
}

function labelVectors() {
  const binding = {
    suite: SUITE_S1,
    channel: 'tutela',
    kid: 'AAECAwQFBgcICQoLDA0ODw',
    recordId: 'rec-1',
    version: 1,
    segmentId: 'seg-1',
    ownerHandle: 'handle-1',
    author: 'AlderMSP',
    class: 'standard',
    category: 'medication',
    policyHash: 'cG9saWN5',
    contentRoot: 'cm9vdA',
    salt: 'c2FsdA',
  };
  const content = { com: 'Y29t', sha256: 'ZGlnZXN0', size: 56 };
  return {
    binding,
    label: encodeBase64url(capsuleLabel(binding)),
    content,
    contentRoot: encodeBase64url(contentRoot(content)),
  };
}

function streamVector(suite: StreamSuite) {
  const { secret, key } = streamFixture('vector', suite);
  const small = encryptPart(key, 0, true, utf8('Tutela'));
  const large = encryptPart(key, 0, true, plaintextOf(CHUNK_SIZE + 1));
  return {
    place: { ...place, suite },
    dek: encodeBase64url(secret.dek),
    aad: encodeBase64url(secret.aad),
    com: encodeBase64url(key.commitment),
    plaintext: 'Tutela',
    ciphertext: encodeBase64url(small.ciphertext),
    partsDigest: encodeBase64url(partsDigest([small.sha256])),
    ptag: encodeBase64url(partsTag(key, [small.tag])),
    largeSha256: encodeBase64url(large.sha256),
  };
}

function capsuleVector() {
  const random = seededRandom('vector capsule');
  const secret = sodiumGroup.reduceScalar(random(64));
  const context = { publicKey: sodiumGroup.multiplyBase(secret), label: random(32) };
  const key = random(32);
  const capsule = sealCapsule(context, key, random);
  const { element, proof } = makeShare(context, capsule, { epoch: 1, index: 1, secret }, random);
  return {
    secret: encodeBase64url(secret),
    publicKey: encodeBase64url(context.publicKey),
    label: encodeBase64url(context.label),
    key: encodeBase64url(key),
    capsule: encodeBase64url(capsule),
    share: { epoch: 1, index: 1, element: encodeBase64url(element), proof: encodeBase64url(proof) },
  };
}

function sealedVector() {
  const random = seededRandom('vector hpke');
  const recipient = deriveHpkeKeyPair(random(32));
  const context = { info: utf8('info'), aad: utf8('aad') };
  const sealed = hpkeSealWithSeed(recipient.publicKey, context, utf8('share'), random(32));
  return {
    privateKey: encodeBase64url(recipient.privateKey),
    ...{ info: 'info', aad: 'aad', plaintext: 'share' },
    sealed: encodeBase64url(sealed),
  };
}

function atRestVectors() {
  const key = seededRandom('vector key')(32);
  const seal = (secret: Parameters<typeof sealAtRest>[0]): string =>
    encodeBase64url(sealAtRest(secret, utf8('share'), utf8('place'), seededRandom('vector rest')));
  return {
    key: encodeBase64url(key),
    byKey: seal({ key }),
    passphrase: 'correct horse',
    byPassphrase: seal({ passphrase: 'correct horse' }),
    plaintext: 'share',
    place: 'place',
  };
}

function ceremonyVector() {
  const random = seededRandom('vector ceremony');
  const founding = prepareCeremony(random, { members: 3, threshold: 2 });
  const dealt = dealAll(founding, random);
  const keys = finishAll(founding, dealingsOf(dealt));
  const [first] = keys;
  if (first === undefined) throw new Error('no member');
  const next = prepareCeremony(random, { members: 4, threshold: 3 }, previousEpoch(first, [1, 3]));
  const redealt = redealAll(next, keys, random);
  return {
    founding: published(founding, dealt, keys),
    redistribution: published(next, redealt, finishAll(next, dealingsOf(redealt))),
  };
}

/** Everything that went into a ceremony, secrets too, and what came of it. */
function published({ terms, keys }: TestCeremony, dealt: readonly Dealt[], shares: readonly CustodyKey[]) {
  const [first] = shares;
  return {
    terms,
    termsHash: encodeBase64url(termsHash(terms)),
    memberKeys: keys.map(({ privateKey }) => encodeBase64url(privateKey)),
    dealings: dealingsOf(dealt),
    dealingsSha256: encodeBase64url(sha256(utf8(canonicalJson(dealingsOf(dealt).map(asCanonical))))),
    dealerSecrets: dealt.map(({ secret }) => secret),
    publicKey: first?.publicKey,
    verificationKeys: first?.verificationKeys,
    transcriptHash: first?.transcriptHash,
    secrets: shares.map(({ secret }) => encodeBase64url(secret)),
  };
}

function dealingsOf(dealt: readonly Dealt[]): readonly Dealing[] {
  return dealt.map(({ dealing }) => dealing);
}

function asCanonical(dealing: Dealing): CanonicalValue {
  return { ...dealing };
}
