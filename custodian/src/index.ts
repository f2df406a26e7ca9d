// SPDX-License-Identifier: Apache-2.0
export { startCustodian, type RunningCustodian } from './compose.js';
export { configFrom, type Config } from './config/config.js';
export { JOURNAL_PREFIX, journalLine, lineHash, type JournalLine } from './journal/entry.js';
export { reconcileJournals, type JournalReport, type Reconciliation } from './journal/reconcile.js';
export { verifyJournal, type JournalFault } from './journal/verify-journal.js';
