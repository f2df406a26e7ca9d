// SPDX-License-Identifier: Apache-2.0
import { isAfter, type ChainPlace } from '../support/chain-place.js';

/** One request for the content of one segment under a declared intent; times in milliseconds of this process. */
export interface Opening {
  readonly beganAt: number;
  readonly endedAt: number;
  /** Whether its content came. */
  readonly opened: boolean;
  readonly intentTxId: string;
  /** The refusal's code, when it was refused. */
  readonly code?: string;
}

/** When a revocation took effect, in each of the two ways that bind; times in milliseconds of this process. */
export interface Effect {
  /** When n − t + 1 custodians had acknowledged the hold; infinite if they were never seen to. */
  readonly heldAt: number;
  /** When the revoking block was on the peers of n − t + 1 hospitals. */
  readonly committedAt: number;
  readonly place: Pick<ChainPlace, 'block' | 'position'>;
}

/** Why an opening should not have been possible. */
export type Staleness = 'after-hold' | 'after-block' | 'ordered-behind';

/**
 * Judges one opening against the revocation: content must not come of a request that began after enough custodians
 * held, or after enough peers had the revoking block, or whose intent was ordered behind the revocation.
 */
export function staleness(
  { opened, beganAt }: Pick<Opening, 'opened' | 'beganAt'>,
  intent: Pick<ChainPlace, 'block' | 'position'>,
  effect: Effect,
): Staleness | undefined {
  if (!opened) return undefined;
  if (beganAt > effect.heldAt) return 'after-hold';
  if (beganAt > effect.committedAt) return 'after-block';
  return isAfter(intent, effect.place) ? 'ordered-behind' : undefined;
}

/** When the revocation first took effect. */
export function effectiveAt({ heldAt, committedAt }: Effect): number {
  return Math.min(heldAt, committedAt);
}

/** The moment at which the last of the `enough` quickest had come; infinite when fewer did. */
export function whenEnough(times: readonly number[], enough: number): number {
  return [...times].sort((a, b) => a - b)[enough - 1] ?? Number.POSITIVE_INFINITY;
}
