// SPDX-License-Identifier: Apache-2.0
import { DomainError, MAX_NOTICES, type NoticeName, type NoticePage } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import { pagesOf } from '../ledger/pages.js';
import type { Attempt } from './attempt.js';
import type { DeliveredNotices, NoticesAsked } from './emergencies.js';
import type { ServiceDeps } from './service-deps.js';

const PAGE_SIZE = 200;
/** So many names are looked through for the oldest. */
const MAX_LISTED = 10_000;

/**
 * Fetches the notices that have waited longest. Whoever leaves one notice again and again has it be the youngest each
 * time; when the fetching meets a conflict all the same, it is tried with half as many.
 */
export async function fetchNotices(
  ledger: ServiceDeps['ledger'],
  actor: Actor,
  asked: NoticesAsked,
  attempt: Attempt,
): Promise<DeliveredNotices> {
  const { patient } = asked;
  let most = MAX_NOTICES;
  // An earlier try may have fetched some notices and left others.
  let named = 0;
  let more = true;
  const makeRequest = async (): Promise<object> => {
    const waiting = await waitingOf(ledger, actor, asked);
    const listing = { ...asked, of: 'shown', pageSize: MAX_NOTICES } as const;
    const { notices: shown } = await ledger.evaluate(actor, 'emergency:ListNotices', listing);
    const names = { waiting: waiting.slice(0, most).map(nameOf), shown: shown.map(nameOf) };
    named = names.waiting.length;
    more = waiting.length > named;
    return patient === undefined ? names : { ...names, patient };
  };
  for (;;)
    try {
      const { result } = await ledger.submitOnce(actor, 'emergency:FetchNotices', makeRequest, attempt);
      return { ...result, more };
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'CONFLICT' || named <= 1) throw error;
      most = Math.floor(named / 2);
    }
}

/** The notices that wait, oldest first. */
async function waitingOf(
  ledger: ServiceDeps['ledger'],
  actor: Actor,
  asked: NoticesAsked,
): Promise<NoticePage['notices']> {
  const listing = { ...asked, of: 'waiting', pageSize: PAGE_SIZE } as const;
  const found: NoticePage['notices'][number][] = [];
  const ask = (after: object) => ledger.evaluate(actor, 'emergency:ListNotices', { ...listing, ...after });
  for await (const { notices } of pagesOf(ask)) {
    found.push(...notices);
    if (found.length >= MAX_LISTED) break;
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

function nameOf({ about, cause }: NoticeName): NoticeName {
  return { about, cause };
}
