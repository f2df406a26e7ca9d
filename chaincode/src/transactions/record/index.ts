// SPDX-License-Identifier: Apache-2.0
export { cancelRetirement } from './cancel-retirement.js';
export { completeRetirement } from './complete-retirement.js';
export { confirmErasure } from './confirm-erasure.js';
export { confirmRetirement } from './confirm-retirement.js';
export { erase } from './erase.js';
export { get } from './get.js';
export { getErasure } from './get-erasure.js';
export { getManifest } from './get-manifest.js';
export { getRetirement } from './get-retirement.js';
export { getSealed } from './get-sealed.js';
export { listByHandle } from './list-by-handle.js';
export { listErasures } from './list-erasures.js';
export { listPins } from './list-pins.js';
export { listRetirements } from './list-retirements.js';
export { register } from './register.js';
export { reportCorruption } from './report-corruption.js';
export { retire } from './retire.js';
