// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from './audit.js';
import { parseJson } from './parse-json.js';

/**
 * Name of the one chaincode event that a transaction may set. Its payload is the transaction's {@link AuditEntry} as
 * JSON, or the list of them where the transaction is about several patients.
 */
export const EVENT_NAME = 'tutela.v1';
export type LedgerEvent = AuditEntry;

/** The entries in an event's payload, in their order; the payload must come from endorsed chaincode. */
export function eventsIn(payload: string): readonly LedgerEvent[] {
  const parsed = parseJson(payload) as LedgerEvent | readonly LedgerEvent[];
  return 'v' in parsed ? [parsed] : parsed;
}
