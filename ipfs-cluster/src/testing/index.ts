// SPDX-License-Identifier: Apache-2.0
export { freePorts } from './free-ports.js';
export { configureFiles, initialise, NodeProcess, type Binaries } from './node-process.js';
export { startVaults, type RunningVaults, type VaultHospital } from './start-vaults.js';
