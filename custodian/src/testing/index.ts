// SPDX-License-Identifier: Apache-2.0
export * from './degraded-scene.js';
export * from './fabric-bytes.js';
export * from './fabric-reading.js';
export * from './in-process-channel.js';
export * from './in-process-client.js';
export * from './in-process-consortium.js';
export * from './lying-custodian.js';
export * from './memory-keeper.js';
export * from './part-cids.js';
export * from './reader.js';
export * from './scene.js';
export * from './test-authority.js';
export * from './test-orderer.js';
export * from './test-tls.js';
export { openCopyKeeper } from '../copies/copy-keeper.js';
