// SPDX-License-Identifier: Apache-2.0
export { declareIntent } from './declare-intent.js';
export { getIntent } from './get-intent.js';
export { getReleaseContext } from './get-release-context.js';
export { previewReleaseContext } from './preview-release-context.js';
