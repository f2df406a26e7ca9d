// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ListedEntry } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';

const PAGE = 200;
/** Most pages that one comparison reads; the next one goes on there, so that no number of entries hides others. */
const MAX_PAGES = 50;

const entry = z.looseObject({
  requestHash: z.string(),
  mspId: z.string(),
  acknowledgedBy: z.array(z.string()),
  released: z.boolean(),
  postedAt: z.string(),
  acknowledgement: z.looseObject({
    acknowledgement: z.looseObject({ epoch: z.number().int(), journalHead: z.string(), at: z.string() }),
  }),
});
const listed = z.array(entry.extend({ opened: z.boolean(), proven: z.boolean() }));
const page = z.looseObject({ entries: listed.max(PAGE), bookmark: z.string().optional() });
const request = z.looseObject({
  entries: z.array(entry),
  request: z.looseObject({}).optional(),
  opened: z.looseObject({}).optional(),
});

/** All entries about one request; undefined where the ledger has no such request. */
export async function entriesAbout(
  ledger: Ledger,
  requestHash: string,
): Promise<readonly ListedEntry[] | undefined> {
  try {
    const found = request.parse(await ledger.evaluate('degraded:GetRequest', { requestHash }));
    const known = { opened: found.opened !== undefined, proven: found.request !== undefined };
    return found.entries.map((one) => ({ ...one, ...known }) as unknown as ListedEntry);
  } catch (error) {
    if (error instanceof DomainError && ['NOT_FOUND', 'BAD_REQUEST'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Reads the ledger's list of entries about emergencies that it could not take, a bounded part at a time. */
export class PostedEntries {
  #next: string | undefined;

  /** The next part of the list, with every request in it whole; and whether that reaches the end. */
  async readOn(ledger: Ledger): Promise<Readonly<{ entries: readonly ListedEntry[]; isWhole: boolean }>> {
    const found: ListedEntry[] = [];
    let bookmark = this.#next;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const asked = { pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
      const answer = page.parse(await ledger.evaluate('degraded:ListEntries', asked));
      found.push(...(answer.entries as unknown as readonly ListedEntry[]));
      bookmark = answer.bookmark;
      if (bookmark === undefined) break;
    }
    const whole = await withWholeEnds(ledger, found);
    this.#next = bookmark;
    return { entries: whole, isWhole: bookmark === undefined };
  }
}

/** The entries, in which those about the first and the last request may have been cut off, with these read by key. */
async function withWholeEnds(ledger: Ledger, found: readonly ListedEntry[]): Promise<readonly ListedEntry[]> {
  const ends = new Set([found.at(0), found.at(-1)].flatMap((one) => one?.requestHash ?? []));
  const inner = found.filter(({ requestHash }) => !ends.has(requestHash));
  const outer = await Promise.all([...ends].map((requestHash) => entriesAbout(ledger, requestHash)));
  return [...inner, ...outer.flatMap((some) => some ?? [])];
}
