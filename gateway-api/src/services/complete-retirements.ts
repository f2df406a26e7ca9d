// SPDX-License-Identifier: Apache-2.0
import { DomainError, msOf, type PendingActView } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import { pagesOf } from '../ledger/pages.js';
import type { ServiceDeps } from './service-deps.js';

const PAGE = 200;

type Deps = Pick<ServiceDeps, 'ledger' | 'nowMs' | 'log'>;

/** Completes the retirements that this hospital ordered and whose delay in public is over; answers how many. */
export async function completeRetirements(deps: Deps): Promise<number> {
  let completed = 0;
  for (const due of await dueRetirements(deps)) if (await complete(deps, due)) completed += 1;
  return completed;
}

async function dueRetirements({ ledger, nowMs }: Deps): Promise<readonly PendingActView[]> {
  const isDue = ({ about, dueAt }: PendingActView): boolean =>
    about.kind === 'retirement' &&
    about.mspId === ledger.mspId &&
    dueAt !== undefined &&
    msOf(dueAt) <= nowMs();
  const found: PendingActView[] = [];
  const pages = pagesOf((after) =>
    ledger.evaluate(GATEWAY, 'custody:ListPendingActs', { pageSize: PAGE, ...after }),
  );
  for await (const { acts } of pages) found.push(...acts.filter(isDue));
  return found;
}

/** One that cannot be completed, as when it was just cancelled, keeps no other waiting. */
async function complete({ ledger, log }: Deps, { act: orderTxId, about }: PendingActView): Promise<boolean> {
  if (about.kind !== 'retirement') return false;
  const { recordId, version } = about;
  try {
    await ledger.submit(GATEWAY, 'record:CompleteRetirement', { recordId, version, orderTxId });
    return true;
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    log.warn({ recordId, version, code }, 'a retirement is not completed yet; it is tried again');
    return false;
  }
}
