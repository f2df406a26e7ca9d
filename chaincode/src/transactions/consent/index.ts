// SPDX-License-Identifier: Apache-2.0
export { get } from './get.js';
export { grant } from './grant.js';
export { grantMany } from './grant-many.js';
export { listAsOf } from './list-as-of.js';
export { listByHandle } from './list-by-handle.js';
export { replace } from './replace.js';
export { revoke } from './revoke.js';
