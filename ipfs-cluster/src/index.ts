// SPDX-License-Identifier: Apache-2.0
export { replicationFor, type Replication } from './nodes/cluster-config.js';
