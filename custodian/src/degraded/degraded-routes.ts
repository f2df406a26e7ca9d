// SPDX-License-Identifier: Apache-2.0
import { degradedRelease, signedDegradedRequest, voteDegraded } from '@tutela/chaincode/domain';
import type { Custodian } from '../custodian.js';
import type { Route } from '../server/http.js';

/** What gateways ask while the ledger stalls: an acknowledgement, then a release on the acknowledgements of enough custodians. */
export function degradedRoutes({ degraded: { service } }: Pick<Custodian, 'degraded'>): readonly Route[] {
  return [
    {
      method: 'POST',
      pattern: /^\/v1\/degraded\/acknowledgements$/,
      handle: async ({ body, hospital }) => ({
        status: 200,
        body: await service.acknowledge(signedDegradedRequest(body, '$'), await hospital()),
      }),
      takesTurns: 'itself',
    },
    {
      method: 'POST',
      pattern: /^\/v1\/degraded\/releases$/,
      handle: async ({ body, hospital }) => ({
        status: 200,
        body: await service.release(degradedRelease(body, '$'), await hospital()),
      }),
      takesTurns: 'itself',
    },
  ];
}

/** The hospital's vote on the mode, by its own operator. */
export function voteRoutes({ ledger }: Pick<Custodian, 'ledger'>): readonly Route[] {
  const pattern = /^\/custody\/degraded$/;
  const state = async (): Promise<object> => (await ledger.evaluate('degraded:GetMode', {})) as object;
  return [
    { method: 'GET', pattern, handle: async () => ({ status: 200, body: await state() }) },
    {
      method: 'POST',
      pattern,
      handle: async ({ body }) => {
        await ledger.submit('degraded:Vote', voteDegraded(body, '$'));
        return { status: 200, body: await state() };
      },
    },
  ];
}
