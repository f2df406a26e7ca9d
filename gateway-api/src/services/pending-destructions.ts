// SPDX-License-Identifier: Apache-2.0
import type { Erasure, Retirement } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { Ledger } from '../ledger/ledger.js';
import type { ContentPlace } from './content-index.js';
import type { JournalledPart, PartJournal } from './part-journal.js';

/** Blocks that the ledger wants gone: of a whole record by the patient's order, or of a version after a reseal. */
export type Destruction = Readonly<{
  /** Ids alone, for the log. */
  name: Readonly<Record<string, string | number>>;
  /** What is to go: a record, or one version of it. */
  place: ContentPlace;
  orderedAt: Erasure['orderedAt'];
  /** The parts that this gateway stored of it. */
  parts: (journal: PartJournal) => readonly JournalledPart[];
  /** Says on the ledger that this hospital holds none of its blocks. */
  confirm: (proof: Readonly<{ blocksRemoved: number; blocksHash: string }>) => Promise<unknown>;
}>;

type Page<T> = Readonly<{ found: readonly T[]; bookmark?: string }>;

const PAGE = 100;
const MAX_PAGES = 1_000;

/** Everything that the own peer's ledger orders and this hospital has not confirmed yet. */
export async function pendingDestructions(ledger: Ledger): Promise<readonly Destruction[]> {
  const erasures = await allPages(async (asked) => {
    const { erasures: found, ...rest } = await ledger.askOwnPeer('record:ListErasures', asked);
    return { found, ...rest };
  });
  const retirements = await allPages(async (asked) => {
    const { retirements: found, ...rest } = await ledger.askOwnPeer('record:ListRetirements', asked);
    return { found, ...rest };
  });
  return [
    ...erasures.map((one) => ofErasure(ledger, one)),
    ...retirements.map((one) => ofRetirement(ledger, one)),
  ];
}

async function allPages<T>(ask: (asked: object) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = [];
  let bookmark: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await ask({
      pageSize: PAGE,
      unconfirmed: true,
      ...(bookmark !== undefined && { bookmark }),
    });
    all.push(...answer.found);
    bookmark = answer.bookmark;
    if (bookmark === undefined) break;
  }
  return all;
}

function ofErasure(ledger: Ledger, { statement, orderedAt }: Erasure): Destruction {
  const { erasureId, recordId } = statement;
  return {
    name: { erasureId },
    place: { recordId },
    orderedAt,
    parts: (journal) => journal.ofRecord(recordId),
    confirm: (proof) => ledger.submit(GATEWAY, 'record:ConfirmErasure', { erasureId, ...proof }),
  };
}

function ofRetirement(ledger: Ledger, { recordId, version, orderedAt, ended }: Retirement): Destruction {
  const place = { recordId, version };
  return {
    name: place,
    place,
    // The version stood until the order was completed.
    orderedAt: ended?.at ?? orderedAt,
    parts: (journal) => journal.ofVersion(recordId, version),
    confirm: (proof) => ledger.submit(GATEWAY, 'record:ConfirmRetirement', { ...place, ...proof }),
  };
}
