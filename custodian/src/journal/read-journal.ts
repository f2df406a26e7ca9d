// SPDX-License-Identifier: Apache-2.0
import type { Custodian } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { failureCode, type Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';
import { journalLine, type JournalLine } from './entry.js';
import { JOURNAL_PAGE } from './journal.js';

/** Most lines of one journal that one comparison reads: the newest. */
export const MAX_COMPARED_LINES = 50_000;

const page = z.looseObject({
  length: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  lines: z.array(journalLine).max(JOURNAL_PAGE),
});

/** The newest lines of another custodian's journal, oldest first; undefined if it does not show them. */
export async function readJournal(
  { client, log }: Readonly<{ client: PeerClient; log: Log }>,
  { url, mspId }: Pick<Custodian, 'url' | 'mspId'>,
): Promise<readonly JournalLine[] | undefined> {
  const pageFrom = async (from: number): Promise<z.infer<typeof page>> =>
    page.parse(await client.get(`${url}/v1/journal?from=${from}`));
  try {
    const { length } = await pageFrom(1);
    const lines: JournalLine[] = [];
    const first = Math.max(1, length - MAX_COMPARED_LINES + 1);
    while (first + lines.length <= length) {
      const found = (await pageFrom(first + lines.length)).lines;
      if (found.length === 0) break;
      lines.push(...found);
    }
    return lines;
  } catch (error) {
    log.warn({ code: failureCode(error), from: mspId }, 'a journal could not be read');
    return undefined;
  }
}
