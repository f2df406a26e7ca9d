// SPDX-License-Identifier: Apache-2.0
export { approveFullScope } from './approve-full-scope.js';
export { beginReview } from './begin-review.js';
export { close } from './close.js';
export { contest } from './contest.js';
export { cosign } from './cosign.js';
export { fetchNotices } from './fetch-notices.js';
export { get } from './get.js';
export { listByHandle } from './list-by-handle.js';
export { listDueReviews } from './list-due-reviews.js';
export { listNotices } from './list-notices.js';
export { metrics } from './metrics.js';
export { open } from './open.js';
export { review } from './review.js';
