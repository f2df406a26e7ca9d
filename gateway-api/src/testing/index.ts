// SPDX-License-Identifier: Apache-2.0
export { openCertificateAuthority } from '../identity/certificate-authority.js';
export { newCertificateRequest } from '../identity/certificate-request.js';
export { fabricSigner } from '../identity/fabric-signer.js';
export type { CustodianNodes } from '../storage/custodian-nodes.js';
export { createSwarmStorage } from '../storage/swarm-storage.js';
export * from './in-process-custodians.js';
export * from './in-process-identities.js';
export * from './in-process-ledger.js';
export * from './test-consortium.js';
export * from './scene.js';
export * from './erasure.js';
export * from './stored-part.js';
export * from './swarm-nodes.js';
export * from './longest-turn.js';
