// SPDX-License-Identifier: Apache-2.0
import { DomainError, type CustodianSet } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Custody } from './custody.js';
import type { ServiceDeps } from './service-deps.js';

/** So many lies of one custodian are shown; one would do. */
const MAX_ACCUSATIONS = 100;

/** Public facts about custody, read from the ledger for each question. */
export function createCustody({ ledger }: Pick<ServiceDeps, 'ledger'>): Custody {
  return {
    view: async (actor) => {
      const [current, { custodians }, { heartbeats }] = await Promise.all([
        currentSet(ledger, actor),
        ledger.evaluate(actor, 'registry:ListCustodians', {}),
        ledger.evaluate(actor, 'custody:ListHeartbeats', {}),
      ]);
      const pages = await Promise.all(
        custodians.map(({ mspId: custodian }) =>
          ledger.evaluate(actor, 'custody:ListAccusations', { custodian, pageSize: MAX_ACCUSATIONS }),
        ),
      );
      const accusations = pages.flatMap((page) => page.accusations);
      return { custodians, heartbeats, accusations, ...(current !== undefined && { current }) };
    },
  };
}

async function currentSet(ledger: ServiceDeps['ledger'], actor: Actor): Promise<CustodianSet | undefined> {
  try {
    return await ledger.evaluate(actor, 'custody:GetCurrent', {});
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'CUSTODY_INACTIVE' || error.code === 'NOT_FOUND'))
      return undefined;
    throw error;
  }
}
