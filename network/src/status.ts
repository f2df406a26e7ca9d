// SPDX-License-Identifier: Apache-2.0
/** What is asked of a consortium that runs, without anything that builds one: quick to load. */
export { processStatus, type ProcessStatus } from './lifecycle/status.js';
export { processKinds, type ProcessKind } from './plan/process-spec.js';
