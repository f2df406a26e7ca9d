// SPDX-License-Identifier: Apache-2.0
export { declareRead } from './declare-read.js';
export { exposure } from './exposure.js';
export { getEntry } from './get-entry.js';
export { query } from './query.js';
