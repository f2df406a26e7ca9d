// SPDX-License-Identifier: Apache-2.0
import type { Attempt } from './attempt.js';

/** One request under a client's key: `scope` names client and operation, `digest` is over everything but a streamed body. */
export type KeyedRequest = Readonly<{ scope: string; key: string; digest: Uint8Array }>;

/** Answers each keyed request once. */
export interface Idempotency {
  /**
   * Runs `act`, or answers what it answered before. CONFLICT when the key was used for another request or is
   * being worked on. What failed runs again under the same seed, so that a retry finishes what a crash began.
   */
  run<T extends object>(request: KeyedRequest, act: (attempt: Attempt) => Promise<T>): Promise<T>;
}
