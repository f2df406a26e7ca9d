// SPDX-License-Identifier: Apache-2.0
export * from './greedy-client.js';
export * from './test-tls.js';
