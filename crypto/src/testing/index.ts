// SPDX-License-Identifier: Apache-2.0
export { proveDleqWithNonce } from '../kernel/dleq.js';
export { nobleGroup } from '../kernel/noble-group.js';
export { sodiumGroup } from '../kernel/sodium-group.js';
export {
  combineSharesOn,
  isShareValidOn,
  makeShareOn,
  sealCapsuleOn,
  verifyCapsuleOn,
} from '../kernel/tdh2.js';
export * from './collect.js';
export * from './consortium.js';
export { capsuleLabel, contentRoot, releaseInfo, streamAad } from './labels.js';
export { seededRandom } from './seeded-random.js';
export * from './soft-authenticator.js';
export * from './unproven-kernel.js';
