// SPDX-License-Identifier: Apache-2.0
export { complain, exitCodeOf } from './commands/output.js';
export { GROUND_ERROR_CODES, GroundError, type GroundErrorCode } from './errors.js';
export { holdConsortium, startConsortium, type Consortium } from './lifecycle/consortium.js';
export { down } from './lifecycle/down.js';
export { readProfile } from './lifecycle/read-profile.js';
export { stateDir } from './lifecycle/state.js';
export { consortiumStatus } from './lifecycle/status.js';
export { playAlone } from './lifecycle/story-ground.js';
export { consortiumParts, up, type ConsortiumPart, type UpOptions } from './lifecycle/up.js';
export type { ConsortiumProfile, HospitalProfile } from './plan/profile.js';
export { resolveBinaries, type Binaries, type ResolveOptions } from './tools/resolve.js';
