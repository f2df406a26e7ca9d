// SPDX-License-Identifier: Apache-2.0
export * from './endorse.js';
export * from './endorser-choice.js';
export * from './fabric-messages.js';
export * from './gateway-error.js';
export * from './hospital-agents.js';
export * from './judged-envelopes.js';
export * from './members.js';
export * from './one-answer.js';
export * from './parse-authorities.js';
export * from './prepared-transaction.js';
export * from './read-certificate.js';
export * from './submit-transaction.js';
