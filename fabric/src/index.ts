// SPDX-License-Identifier: Apache-2.0
export * from './endorse.js';
export * from './endorser-choice.js';
export * from './gateway-error.js';
export * from './prepared-transaction.js';
export * from './submit-transaction.js';
