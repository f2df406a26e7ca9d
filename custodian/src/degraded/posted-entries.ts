// SPDX-License-Identifier: Apache-2.0
import { DomainError, type DegradedEntry } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';

const PAGE = 200;
/** Most pages that one comparison reads; the next one goes on there, so that no number of entries hides others. */
const MAX_PAGES = 50;

const entries = z.array(
  z.looseObject({
    requestHash: z.string(),
    mspId: z.string(),
    acknowledgedBy: z.array(z.string()),
    released: z.boolean(),
    postedAt: z.string(),
    acknowledgement: z.looseObject({
      acknowledgement: z.looseObject({ journalHead: z.string(), at: z.string() }),
    }),
  }),
);
const page = z.looseObject({ entries: entries.max(PAGE), bookmark: z.string().optional() });
const request = z.looseObject({ entries });

/** All entries about one request; undefined where the ledger has no such request. */
export async function entriesAbout(
  ledger: Ledger,
  requestHash: string,
): Promise<readonly DegradedEntry[] | undefined> {
  try {
    const found = request.parse(await ledger.evaluate('degraded:GetRequest', { requestHash }));
    return found.entries as unknown as readonly DegradedEntry[];
  } catch (error) {
    if (error instanceof DomainError && ['NOT_FOUND', 'BAD_REQUEST'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Reads the ledger's list of entries about emergencies that it could not take, a bounded part at a time. */
export class PostedEntries {
  #next: string | undefined;

  /** The next part of the list, with every request in it whole; and whether that reaches the end. */
  async readOn(ledger: Ledger): Promise<Readonly<{ entries: readonly DegradedEntry[]; isWhole: boolean }>> {
    const found: DegradedEntry[] = [];
    let bookmark = this.#next;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const asked = { pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
      const answer = page.parse(await ledger.evaluate('degraded:ListEntries', asked));
      found.push(...(answer.entries as unknown as readonly DegradedEntry[]));
      bookmark = answer.bookmark;
      if (bookmark === undefined) break;
    }
    const whole = await withWholeEnds(ledger, found);
    this.#next = bookmark;
    return { entries: whole, isWhole: bookmark === undefined };
  }
}

/** The entries, in which those about the first and the last request may have been cut off, with these read by key. */
async function withWholeEnds(
  ledger: Ledger,
  found: readonly DegradedEntry[],
): Promise<readonly DegradedEntry[]> {
  const ends = new Set([found.at(0), found.at(-1)].flatMap((one) => one?.requestHash ?? []));
  const inner = found.filter(({ requestHash }) => !ends.has(requestHash));
  const outer = await Promise.all([...ends].map((requestHash) => entriesAbout(ledger, requestHash)));
  return [...inner, ...outer.flatMap((some) => some ?? [])];
}
