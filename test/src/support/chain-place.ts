// SPDX-License-Identifier: Apache-2.0

/** Where a transaction stands on the chain, and when its block was seen, in milliseconds of this process. */
export interface ChainPlace {
  readonly block: bigint;
  readonly position: number;
  readonly isValid: boolean;
  readonly seenAt: number;
}

/** Whether a place on the chain comes after another. */
export function isAfter(a: Pick<ChainPlace, 'block' | 'position'>, b: typeof a): boolean {
  return a.block === b.block ? a.position > b.position : a.block > b.block;
}
