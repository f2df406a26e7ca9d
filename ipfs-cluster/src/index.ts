// SPDX-License-Identifier: Apache-2.0
export { blockName, checkedCid } from './cid.js';
export { systemClock, type Clock } from './clock.js';
export { parseRestCredentials } from './nodes/secrets.js';
export { partDag } from './part-dag.js';
export { openSwarmVault, type SwarmVaultSettings } from './swarm-vault.js';
export { MAX_PART_BYTES, type CallLimits, type KeepLimits, type StoredPart, type Vault } from './vault.js';
export { isVaultError, VaultError, type VaultErrorCode } from './vault-error.js';
export { inBatches, inPool } from './policy/batches.js';
export { holdersOf, type Holding } from './policy/holders.js';
export { type OtherNodes } from './policy/other-nodes.js';
export { type WishedPart } from './policy/plan.js';
export { Reconciliation } from './policy/reconcile.js';
export { type OthersReport } from './policy/others-run.js';
export { type OwnReport } from './policy/own-run.js';
export { copiesFor, MIN_COPIES } from './policy/replication.js';
export { Silences } from './policy/silences.js';
