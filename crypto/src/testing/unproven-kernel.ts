// SPDX-License-Identifier: Apache-2.0
import { xorBytes } from '../bytes.js';
import { type Capsule, encodeCapsule, parseCapsule } from '../kernel/capsule.js';
import type { Group } from '../kernel/group.js';
import { GENERATOR_BAR } from '../kernel/hashing.js';
import { sodiumGroup } from '../kernel/sodium-group.js';

/** A custodian that multiplies whatever it is given, as plain threshold ElGamal would. Only attack tests use it. */
export function multiplyWithoutProof(
  secret: Uint8Array,
  capsule: Uint8Array,
  group: Group = sodiumGroup,
): Uint8Array {
  return group.multiply(secret, parseCapsule(group, capsule).u);
}

/** The shifted capsule: u + d·G, with ubar and f shifted as well as an attacker can. */
export function shiftCapsule(capsule: Uint8Array, shift: Uint8Array, group: Group = sodiumGroup): Uint8Array {
  const { u, ubar, e, f, c } = parseCapsule(group, capsule);
  const shifted: Capsule = {
    u: group.sum([u, group.multiplyBase(shift)]),
    ubar: group.sum([ubar, group.multiply(shift, GENERATOR_BAR)]),
    e,
    f: group.addScalars(f, group.multiplyScalars(shift, e)),
    c,
  };
  return encodeCapsule(shifted);
}

/** Flips one bit of a byte string. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const mask = new Uint8Array(bytes.length);
  mask[bit >> 3] = 1 << (bit & 7);
  return xorBytes(bytes, mask);
}
