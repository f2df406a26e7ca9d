// SPDX-License-Identifier: Apache-2.0
import { concatBytes, demandLength } from '../bytes.js';
import { demand } from '../errors.js';
import { SUITE_S1, VERSION } from '../suite.js';
import type { Group } from './group.js';
import { demandScalar } from './scalar.js';

/** Length of an encoded capsule in bytes: version, suite, five fields of 32 bytes. */
export const CAPSULE_LENGTH = 162;

/** The fields of a TDH2 capsule, each 32 bytes; the label is recomputed by the reader and never carried. */
export interface Capsule {
  readonly u: Uint8Array;
  readonly ubar: Uint8Array;
  readonly e: Uint8Array;
  readonly f: Uint8Array;
  readonly c: Uint8Array;
}

/** Writes a capsule as version ‖ suite ‖ u ‖ ubar ‖ e ‖ f ‖ c. */
export function encodeCapsule({ u, ubar, e, f, c }: Capsule): Uint8Array {
  return demandLength(
    concatBytes(Uint8Array.of(VERSION, SUITE_S1), u, ubar, e, f, c),
    CAPSULE_LENGTH,
    'capsule',
  );
}

/** Reads a capsule strictly; throws `LENGTH`, `VERSION`, `SUITE`, `ELEMENT` or `SCALAR`. */
export function parseCapsule(group: Group, bytes: Uint8Array): Capsule {
  demandLength(bytes, CAPSULE_LENGTH, 'capsule');
  demand(bytes[0] === VERSION, 'VERSION', 'unknown capsule version');
  demand(bytes[1] === SUITE_S1, 'SUITE', 'unknown capsule suite');
  const field = (position: number): Uint8Array => bytes.slice(2 + 32 * position, 34 + 32 * position);
  return {
    u: group.demandElement(field(0)),
    ubar: group.demandElement(field(1)),
    e: demandScalar(field(2)),
    f: demandScalar(field(3)),
    c: field(4),
  };
}
