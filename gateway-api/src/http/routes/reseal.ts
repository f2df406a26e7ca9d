// SPDX-License-Identifier: Apache-2.0
import { CONSENTED_PURPOSES } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { storedRecord } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { z } from '../schemas/zod.js';
import { versionText } from './records.js';

const tag = 'records';
const version = z.int().min(1);
const confirmation = z.object({
  at: ids.instant.shown,
  blocksRemoved: z.int(),
  blocksHash: ids.bytes32,
  txId: ids.txId.shown,
});

const resealed = storedRecord
  .extend({ retired: z.object({ version, txId: ids.txId.shown }) })
  .openapi('ResealedRecord');

const retirement = z
  .object({
    recordId: ids.recordId.shown,
    version,
    replacedBy: version,
    handle: ids.handle.shown,
    by: z.object({ mspId: ids.mspId.shown, practitionerId: ids.practitionerId.shown }),
    orderedAt: ids.instant.shown,
    txId: ids.txId.shown,
    confirmations: z.record(z.string(), confirmation),
    complete: z.boolean(),
  })
  .openapi('Retirement');

/** New keys for content whose old keys became known. */
export function resealRoutes({ reseal }: Pick<Services, 'reseal'>): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/records/{recordId}/reseal', operationId: 'resealRecord', tag },
      summary:
        'Store the same content under new keys as the next version, and destroy what opens the old one',
      scopes: ['records.read', 'records.write'],
      idempotency: 'required',
      params: z.strictObject({ recordId: ids.recordId.given }),
      body: z.strictObject({ purpose: z.enum(CONSENTED_PURPOSES) }),
      answers: {
        201: {
          description: 'Stored anew; the hospitals are letting go of the old version’s blocks.',
          schema: resealed,
        },
      },
      handle: async ({ actor, params: { recordId }, body: { purpose }, attempt }) => {
        const done = await reseal.reseal(actor, { recordId, purpose }, attempt);
        const location = `/v1/records/${recordId}?version=${done.version}`;
        return { status: 201, body: done, txId: done.txId, headers: { location } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/records/{recordId}/versions/{version}/retirement',
      operationId: 'getRetirement',
      tag,
      summary: 'Which hospitals have let go of a retired version’s blocks',
      scopes: ['records.read'],
      params: z.strictObject({ recordId: ids.recordId.given, version: versionText }),
      answers: { 200: { description: 'The retirement.', schema: retirement } },
      handle: async ({ actor, params }) => ({ status: 200, body: await reseal.retirement(actor, params) }),
    }),
  ];
}
