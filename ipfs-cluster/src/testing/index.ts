// SPDX-License-Identifier: Apache-2.0
export { ACCEPTED } from './accepted.js';
export { allOf } from './all-of.js';
export { randomPart, vaultConformance, type ConformanceCase } from './conformance.js';
export { freePorts } from './free-ports.js';
export { MemorySwarm, type HeldPart, type MemoryDisk } from './memory-swarm.js';
export { MemoryVault } from './memory-vault.js';
export { configureFiles, initialise, NodeProcess, type Binaries } from './node-process.js';
export { startVaults, type RunningVaults, type VaultHospital } from './start-vaults.js';
export { withOtherCodec } from './with-other-codec.js';
