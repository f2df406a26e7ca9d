// SPDX-License-Identifier: Apache-2.0
export { ENVIRONMENT_NAMES, type EnvironmentName } from './config/env.js';
export { describeApi, type OpenApiDocument } from './http/openapi.js';
export type { Problem } from './http/problem.js';
