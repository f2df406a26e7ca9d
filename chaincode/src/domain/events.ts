// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from './audit.js';

/** Name of the one chaincode event that a transaction may set; its payload is the transaction's {@link AuditEntry} as JSON. */
export const EVENT_NAME = 'tutela.v1';
export type LedgerEvent = AuditEntry;
