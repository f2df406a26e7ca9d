// SPDX-License-Identifier: Apache-2.0
import type { DegradedEntry } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';

const PAGE = 200;
/** Most pages that one comparison reads. */
const MAX_PAGES = 250;

const page = z.looseObject({
  entries: z
    .array(
      z.looseObject({
        requestHash: z.string(),
        mspId: z.string(),
        acknowledgedBy: z.array(z.string()),
        released: z.boolean(),
        postedAt: z.string(),
        acknowledgement: z.looseObject({ acknowledgement: z.looseObject({ journalHead: z.string() }) }),
      }),
    )
    .max(PAGE),
  bookmark: z.string().optional(),
});

/** All entries on the ledger about emergencies that it could not take. */
export async function postedEntries(ledger: Ledger): Promise<readonly DegradedEntry[]> {
  const found: DegradedEntry[] = [];
  let bookmark: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const request = { pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
    const answer = page.parse(await ledger.evaluate('degraded:ListEntries', request));
    found.push(...(answer.entries as unknown as readonly DegradedEntry[]));
    bookmark = answer.bookmark;
    if (bookmark === undefined) break;
  }
  return found;
}
