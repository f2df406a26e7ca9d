// SPDX-License-Identifier: Apache-2.0
import type { Erasure, MspId, Retirement } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { Ledger } from '../ledger/ledger.js';
import { pagesOf } from '../ledger/pages.js';
import type { ContentPlace } from './content-index.js';
import type { JournalledPart, PartJournal } from './part-journal.js';

/** Blocks that the ledger wants gone: of a whole record by the patient's order, or of a version after a reseal. */
export type Destruction = Readonly<{
  /** Ids alone, for the log. */
  name: Readonly<Record<string, string | number>>;
  /** What is to go: a record, or one version of it. */
  place: ContentPlace;
  /** How many versions the ledger counts of it. */
  versions: number;
  /** The hospital that registered it. */
  author: MspId;
  orderedAt: Erasure['orderedAt'];
  /** The parts that this gateway stored of it. */
  parts: (journal: PartJournal) => readonly JournalledPart[];
  /** Says on the ledger that this hospital holds none of its blocks. */
  confirm: (proof: Readonly<{ blocksRemoved: number; blocksHash: string }>) => Promise<unknown>;
}>;

const PAGE = 100;

/** Everything that the own peer's ledger orders and this hospital has not confirmed yet. */
export async function pendingDestructions(ledger: Ledger): Promise<readonly Destruction[]> {
  const asked = { pageSize: PAGE, unconfirmed: true };
  const erasures: Erasure[] = [];
  const retirements: Retirement[] = [];
  for await (const page of pagesOf((after) =>
    ledger.askOwnPeer('record:ListErasures', { ...asked, ...after }),
  ))
    erasures.push(...page.erasures);
  for await (const page of pagesOf((after) =>
    ledger.askOwnPeer('record:ListRetirements', { ...asked, ...after }),
  ))
    retirements.push(...page.retirements);
  return [
    ...erasures.map((one) => ofErasure(ledger, one)),
    ...retirements.map((one) => ofRetirement(ledger, one)),
  ];
}

function ofErasure(
  ledger: Ledger,
  { statement, author, versions = Infinity, orderedAt }: Erasure,
): Destruction {
  const { erasureId, recordId } = statement;
  return {
    name: { erasureId },
    place: { recordId },
    versions,
    author,
    orderedAt,
    parts: (journal) => journal.ofRecord(recordId),
    confirm: (proof) => ledger.submit(GATEWAY, 'record:ConfirmErasure', { erasureId, ...proof }),
  };
}

function ofRetirement(ledger: Ledger, { recordId, version, by, orderedAt, ended }: Retirement): Destruction {
  const place = { recordId, version };
  return {
    name: place,
    place,
    versions: 1,
    author: by.mspId,
    // The version stood until the order was completed.
    orderedAt: ended?.at ?? orderedAt,
    parts: (journal) => journal.ofVersion(recordId, version),
    confirm: (proof) => ledger.submit(GATEWAY, 'record:ConfirmRetirement', { ...place, ...proof }),
  };
}
