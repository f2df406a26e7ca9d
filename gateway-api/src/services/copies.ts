// SPDX-License-Identifier: Apache-2.0
import type { MspId } from '@tutela/chaincode/domain';

/** Copies of other hospitals' parts at the own node. This gateway alone decides what that keeps and removes. */
export type Copies = Readonly<{
  /**
   * Keeps a part for a hospital. NOT_FOUND when no hospital offers it in time, ERASED for what an order of the ledger took from
   * here, RATE_LIMITED when the hospital has too many copies here that no record of its own names.
   */
  keep: (hospital: MspId, cid: string, signal: AbortSignal) => Promise<void>;
  /** Whether the own node keeps a part; fetches nothing. */
  keeps: (cid: string, signal: AbortSignal) => Promise<boolean>;
  /** Logs how each hospital was answered since the last call. */
  logCounts: () => void;
}>;
