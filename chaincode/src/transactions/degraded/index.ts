// SPDX-License-Identifier: Apache-2.0
export { getContext } from './get-context.js';
export { getMode } from './get-mode.js';
export { getRequest } from './get-request.js';
export { listEntries } from './list-entries.js';
export { post } from './post.js';
export { report } from './report.js';
export { vote } from './vote.js';
