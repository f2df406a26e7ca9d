// SPDX-License-Identifier: Apache-2.0
import { ID_PREFIXES } from '../domain/ids.js';

/** A source of ids that look random enough for every decoder and are the same in every run; a fork starts further on. */
export function nameSource(start = 0): Readonly<{
  id: (kind: keyof typeof ID_PREFIXES) => string;
  nonce: () => string;
  bytes32: () => string;
  /** How many names were given so far, those before the start included. */
  taken: () => number;
}> {
  let next = start;
  const counted = (length: number): string => {
    next += 1;
    return String(next).padStart(length, '0');
  };
  return {
    id: (kind) => `${ID_PREFIXES[kind]}${counted(22)}`,
    nonce: () => `${counted(21)}A`,
    bytes32: () => `${counted(42)}A`,
    taken: () => next,
  };
}
