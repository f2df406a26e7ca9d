// SPDX-License-Identifier: Apache-2.0
export { openCertificateAuthority } from '../identity/certificate-authority.js';
export { newCertificateRequest } from '../identity/certificate-request.js';
export { fabricSigner } from '../identity/fabric-signer.js';
export * from './in-process-custodians.js';
export * from './in-process-identities.js';
export * from './in-process-ledger.js';
export * from './test-consortium.js';
export * from './scene.js';
