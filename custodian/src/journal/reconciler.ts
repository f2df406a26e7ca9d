// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Custodian } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';
import { journalLine, type JournalLine } from './entry.js';
import { JOURNAL_PAGE } from './journal.js';
import { reconcileJournals, type JournalReport } from './reconcile.js';
import { verifyJournal, type JournalFault } from './verify-journal.js';

const page = z.looseObject({
  length: z.number().int().min(0),
  lines: z.array(journalLine).max(JOURNAL_PAGE),
});

type Parts = Readonly<{
  ledger: Ledger;
  client: PeerClient;
  custodians: () => readonly Custodian[];
  threshold: () => number;
  log: Log;
}>;

/** The report, with journals that do not verify beside it. */
export type FullReport = JournalReport &
  Readonly<{ faults: readonly (JournalFault & Readonly<{ mspId: string }>)[] }>;

/** Reads the newest page of every custodian's journal, the own one included, and compares it with the ledger. */
export async function reconcileWithLedger({
  ledger,
  client,
  custodians,
  threshold,
  log,
}: Parts): Promise<FullReport> {
  const all = custodians();
  const pages = await Promise.all(all.map((custodian) => newestLines(client, custodian, log)));
  const journals = new Map(all.map(({ mspId }, position) => [mspId as string, pages[position]] as const));
  const named = new Set(
    [...journals.values()].flatMap((lines = []) => lines.flatMap(({ intentId }) => intentId ?? [])),
  );
  const known = await Promise.all([...named].map((intentId) => isKnown(ledger, intentId)));
  const intents = new Set([...named].filter((_, position) => known[position]));
  const faults = all.flatMap(({ mspId, publicKey }) => {
    const fault = faultOf(journals.get(mspId) ?? [], publicKey);
    return fault === undefined ? [] : [{ mspId, ...fault }];
  });
  return { ...reconcileJournals({ journals, intents, threshold: threshold() }), faults };
}

function faultOf(lines: readonly JournalLine[], publicKey: string): JournalFault | undefined {
  const [first] = lines;
  return first === undefined ? undefined : verifyJournal(lines, { publicKey, from: first });
}

async function newestLines(
  client: PeerClient,
  { url, mspId }: Custodian,
  log: Log,
): Promise<readonly JournalLine[] | undefined> {
  try {
    const { length } = page.parse(await client.get(`${url}/v1/journal?from=1`));
    const from = Math.max(1, length - JOURNAL_PAGE + 1);
    return page.parse(await client.get(`${url}/v1/journal?from=${from}`)).lines;
  } catch (error) {
    log.warn({ code: failureCode(error), from: mspId }, 'a journal could not be read');
    return undefined;
  }
}

async function isKnown(ledger: Ledger, intentId: string): Promise<boolean> {
  try {
    await ledger.evaluate('access:GetIntent', { intentId });
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}
