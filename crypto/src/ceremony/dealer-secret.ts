// SPDX-License-Identifier: Apache-2.0

/**
 * What a dealer keeps until the ceremony ends, to answer complaints; secret, base64url of 32 bytes,
 * at position j − 1 for member j. Seal it at rest and erase it afterwards.
 */
export interface DealerSecret {
  readonly ceremonyId: string;
  readonly dealer: number;
  readonly subShares: readonly string[];
  readonly sealSeeds: readonly string[];
}
