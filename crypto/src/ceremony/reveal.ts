// SPDX-License-Identifier: Apache-2.0

/**
 * A dealer's public answer to a complaint: the disputed sub-share and the seed of its seal, base64url.
 * It gives away nothing new: one of the two parties is dishonest and knew the value already.
 */
export interface Reveal {
  readonly ceremonyId: string;
  readonly dealer: number;
  readonly recipient: number;
  readonly subShare: string;
  readonly sealSeed: string;
}
