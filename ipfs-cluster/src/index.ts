// SPDX-License-Identifier: Apache-2.0
export { blockName, checkedCid } from './cid.js';
export { systemClock, type Clock } from './clock.js';
export { openCopyKeeper, type CopyKeeper } from './copy-keeper.js';
export { replicationFor, type Replication } from './nodes/cluster-config.js';
export { parseRestCredentials, type RestCredentials } from './nodes/secrets.js';
export { partDag } from './part-dag.js';
export { openSwarmVault, type SwarmVaultSettings } from './swarm-vault.js';
export {
  MAX_PART_BYTES,
  type CallLimits,
  type HealReport,
  type HospitalState,
  type PinEntry,
  type PinKind,
  type PinListing,
  type PinState,
  type Removal,
  type RemovalLimits,
  type RepositorySize,
  type StoredPart,
  type Vault,
  type VaultStatus,
  type WaitLimits,
} from './vault.js';
export { isVaultError, VaultError, vaultErrorCodes, type VaultErrorCode } from './vault-error.js';
export { planHold, planPin, type HoldSituation, type PinSituation } from './policy/plan.js';
export { type RepairStep, type WishedPin } from './policy/plan.js';
export { inPool } from './policy/batches.js';
export { reconcile, type ReconcileOptions, type ReconcileReport } from './policy/reconcile.js';
