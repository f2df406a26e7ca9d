// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { failureCode, type Log } from '../log.js';
import type { Peer, PeerClient } from '../peers/peer-client.js';
import { journalLine, type JournalLine } from './entry.js';
import { JOURNAL_PAGE } from './journal.js';

/** Most lines of one journal that one comparison reads; the next one goes on from there. */
export const MAX_COMPARED_LINES = 50_000;
/** Lines from before that are read again, since what belongs together does not reach all journals at one moment. */
export const OVERLAP_LINES = 1_000;
/** How long one journal may take to read, in milliseconds; who takes longer is silent. */
export const READ_MS = 5 * 60_000;

/** Consecutive lines of a journal, and whether they reach its end. */
export type JournalPart = Readonly<{ lines: readonly JournalLine[]; isWhole: boolean }>;

const page = z.looseObject({
  length: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  lines: z.array(journalLine).max(JOURNAL_PAGE),
});

/** What another custodian's journal has after a line, oldest first; undefined if it does not show that in time. */
export async function readJournal(
  { client, log }: Readonly<{ client: PeerClient; log: Log }>,
  of: Peer,
  { after = 0, readMs = READ_MS }: Readonly<{ after?: number | undefined; readMs?: number }> = {},
): Promise<JournalPart | undefined> {
  const first = Math.max(1, after - OVERLAP_LINES + 1);
  const deadline = performance.now() + readMs;
  const lines: JournalLine[] = [];
  try {
    while (lines.length < MAX_COMPARED_LINES) {
      const from = first + lines.length;
      const found = page.parse(await client.get(of, `/v1/journal?from=${from}`));
      lines.push(...found.lines);
      if (first + lines.length > found.length) return { lines, isWhole: true };
      if (found.lines.length === 0 || performance.now() > deadline)
        throw new DomainError('LEDGER_UNAVAILABLE', 'the journal was not shown in time');
    }
    return { lines, isWhole: false };
  } catch (error) {
    log.warn({ code: failureCode(error), from: of.mspId }, 'a journal could not be read');
    return undefined;
  }
}
