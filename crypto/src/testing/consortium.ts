// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { equalBytes, type RandomBytes } from '../bytes.js';
import { dealNewKey, dealOldShare, type Dealt } from '../ceremony/deal.js';
import type { Dealing } from '../ceremony/dealing.js';
import { ceremonyOutcome } from '../ceremony/outcome.js';
import { type CustodyKey, finishCeremony, openSubShare } from '../ceremony/receive.js';
import type { CeremonyTerms, PreviousEpoch } from '../ceremony/terms.js';
import { combineShares, makeShare, sealCapsule } from '../custody.js';
import { generateHpkeKeyPair, type HpkeKeyPair } from '../hpke.js';

/** A ceremony with everybody's keys in one place, as only a test may hold them. */
export interface TestCeremony {
  readonly terms: CeremonyTerms;
  readonly keys: readonly HpkeKeyPair[];
}

/** Prepares a ceremony of `members` custodians with a threshold. */
export function prepareCeremony(
  random: RandomBytes,
  size: { readonly members: number; readonly threshold: number },
  previous: PreviousEpoch | null = null,
): TestCeremony {
  const keys = Array.from({ length: size.members }, () => generateHpkeKeyPair(random));
  const epoch = previous === null ? 1 : previous.epoch + 1;
  const members = keys.map(({ publicKey }, i) => ({
    id: `H${String(i + 1)}MSP`,
    encryptionKey: encodeBase64url(publicKey),
  }));
  const terms = {
    v: 1,
    suite: 1,
    ceremonyId: `ceremony-${String(epoch)}`,
    epoch,
    threshold: size.threshold,
    members,
    previous,
  } as const;
  return { terms, keys };
}

/** The old epoch of a redistribution, dealt by the given old indices. */
export function previousEpoch(key: CustodyKey, dealers: readonly number[]): PreviousEpoch {
  const { epoch, threshold, publicKey, verificationKeys } = key;
  return { epoch, threshold, publicKey, verificationKeys, dealers };
}

/** All members deal a new key. */
export function dealAll({ terms }: TestCeremony, random: RandomBytes): readonly Dealt[] {
  return terms.members.map((_, i) => dealNewKey(terms, i + 1, random));
}

/** The fixed old members deal their shares anew. */
export function redealAll(
  { terms }: TestCeremony,
  old: readonly CustodyKey[],
  random: RandomBytes,
): readonly Dealt[] {
  return old
    .filter(({ index }) => terms.previous?.dealers.includes(index) === true)
    .map(({ index, secret }) => dealOldShare(terms, index, secret, random));
}

/** Every member receives and finishes; throws what any of them throws. */
export function finishAll(
  { terms, keys }: TestCeremony,
  dealings: readonly Dealing[],
): readonly CustodyKey[] {
  const outcome = ceremonyOutcome(terms, dealings);
  return keys.map(({ privateKey }, i) => {
    const received = dealings.map((dealing) => openSubShare(terms, dealing, { index: i + 1, privateKey }));
    return finishCeremony(terms, outcome, i + 1, received);
  });
}

/** A complete set of custodians of a fresh key. */
export function foundConsortium(
  random: RandomBytes,
  members: number,
  threshold: number,
): readonly CustodyKey[] {
  const ceremony = prepareCeremony(random, { members, threshold });
  return finishAll(
    ceremony,
    dealAll(ceremony, random).map(({ dealing }) => dealing),
  );
}

/** What a test puts into a capsule, and under which label. */
export interface CapsuleContent {
  readonly label: Uint8Array;
  readonly key: Uint8Array;
}

/** A capsule to the consortium that a custodian belongs to. */
export function capsuleOf(
  custodian: CustodyKey,
  { label, key }: CapsuleContent,
  random: RandomBytes,
): Uint8Array {
  return sealCapsule({ publicKey: decodeBase64url(custodian.publicKey), label }, key, random);
}

/** One key under one label, the capsules that are made of it, and who opens them. */
export function testCapsules(random: RandomBytes): CapsuleContent & {
  readonly capsuleFor: (custodian: CustodyKey) => Uint8Array;
  readonly opens: (keys: readonly CustodyKey[], capsule: Uint8Array, indices: readonly number[]) => boolean;
} {
  const content = { label: random(32), key: random(32) };
  return {
    ...content,
    capsuleFor: (custodian) => capsuleOf(custodian, content, random),
    opens: (keys, capsule, indices) => opensWith({ ...content, keys }, capsule, indices),
  };
}

/** Whether the custodians of the given indices together open a capsule to its key. */
export function opensWith(
  { keys, label, key }: CapsuleContent & { readonly keys: readonly CustodyKey[] },
  capsule: Uint8Array,
  indices: readonly number[],
): boolean {
  const context = { publicKey: decodeBase64url(keys[0]?.publicKey ?? ''), label };
  const chosen = keys.filter(({ index }) => indices.includes(index));
  const shares = chosen.map((custodian) => makeShare(context, capsule, custodian));
  return equalBytes(combineShares(context, capsule, shares, shares.length), key);
}
