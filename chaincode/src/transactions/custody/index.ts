// SPDX-License-Identifier: Apache-2.0
export { abort } from './abort.js';
export { accuse } from './accuse.js';
export { activate } from './activate.js';
export { complain } from './complain.js';
export { confirm } from './confirm.js';
export { deal } from './deal.js';
export { getCeremony } from './get-ceremony.js';
export { getCurrent } from './get-current.js';
export { getEpoch } from './get-epoch.js';
export { getOpenCeremony } from './get-open-ceremony.js';
export { heartbeat } from './heartbeat.js';
export { join } from './join.js';
export { listAccusations } from './list-accusations.js';
export { listHeartbeats } from './list-heartbeats.js';
export { reveal } from './reveal.js';
export { startCeremony } from './start-ceremony.js';
