// SPDX-License-Identifier: Apache-2.0

/** A member's claim, for the ledger, that its sub-share of one dealing is bad. */
export interface Complaint {
  readonly v: number;
  readonly suite: number;
  readonly ceremonyId: string;
  readonly dealer: number;
  readonly complainer: number;
  readonly reason: 'does-not-open' | 'does-not-fit';
}
