// SPDX-License-Identifier: Apache-2.0
import type { MspId } from '@tutela/chaincode/domain';

/** The nodes of the other hospitals, each asked through its own custodian. What does not answer throws. */
export interface OtherNodes {
  /** The other hospitals of the consortium. */
  hospitals(): Promise<readonly MspId[]>;
  /** Has a hospital's node hold parts; answers those that it holds with all of their blocks when it has tried. */
  keep(hospital: MspId, cids: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Those of the parts that a hospital's node holds with all of their blocks; fetches nothing. */
  kept(hospital: MspId, cids: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
}
