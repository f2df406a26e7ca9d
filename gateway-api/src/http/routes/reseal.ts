// SPDX-License-Identifier: Apache-2.0
import { CONSENTED_PURPOSES } from '@tutela/chaincode/domain';
import type { Reseal } from '../../services/reseal.js';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { storedRecord } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { signedObjection, signedRetirement } from '../schemas/statements.js';
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
  .extend({ retirementOrder: z.object({ version, txId: ids.txId.shown }) })
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
    seenBy: z.array(ids.mspId.shown).optional(),
    dueAt: ids.instant.shown.optional(),
    ended: z
      .object({
        as: z.enum(['completed', 'cancelled']),
        at: ids.instant.shown,
        txId: ids.txId.shown,
        objection: z.literal(true).optional(),
        guardianId: ids.guardianId.shown.optional(),
      })
      .optional(),
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
        'Store the same content under new keys as the next version, and order that the old one is destroyed',
      scopes: ['records.read', 'records.write'],
      idempotency: 'required',
      params: z.strictObject({ recordId: ids.recordId.given }),
      body: z.strictObject({ purpose: z.enum(CONSENTED_PURPOSES) }),
      answers: {
        201: {
          description:
            'Stored anew; the old version goes after its delay, or at once when the patient signs that a version with this `manifestHash` takes its place.',
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
      summary: 'Whether a retirement still waits, and which hospitals have let go of the version’s blocks',
      scopes: ['records.read'],
      params: z.strictObject({ recordId: ids.recordId.given, version: versionText }),
      answers: { 200: { description: 'The retirement.', schema: retirement } },
      handle: async ({ actor, params }) => ({ status: 200, body: await reseal.retirement(actor, params) }),
    }),
    retirementRoute(reseal),
    cancellationRoute(reseal),
  ];
}

function retirementRoute(reseal: Reseal): Route {
  return route({
    method: 'post',
    path: '/v1/records/{recordId}/versions/{version}/retirement',
    operationId: 'retireVersion',
    tag,
    summary: 'Destroy an old version at once, on the patient’s signature that the next one takes its place',
    scopes: ['records.write'],
    idempotency: 'optional',
    params: z.strictObject({ recordId: ids.recordId.given, version: versionText }),
    body: z.strictObject({ patient: signedRetirement }),
    answers: {
      200: {
        description: 'The version is retired; the hospitals let go of its blocks.',
        schema: z.object({ retirement, ...ids.written }),
      },
    },
    handle: async ({ actor, params, body: { patient }, attempt }) => {
      const done = await reseal.retire(actor, { ...params, patient }, attempt);
      return { status: 200, body: done, txId: done.txId };
    },
  });
}

function cancellationRoute(reseal: Reseal): Route {
  return route({
    method: 'post',
    path: '/v1/records/{recordId}/versions/{version}/retirement/cancellation',
    operationId: 'cancelRetirement',
    tag,
    summary: 'Keep a version: on the objection of the patient or a guardian, or at the author’s hospital',
    scopes: ['records.write'],
    idempotency: 'optional',
    params: z.strictObject({ recordId: ids.recordId.given, version: versionText }),
    body: z.strictObject({ orderTxId: ids.txId.given, objection: signedObjection.optional() }),
    answers: {
      200: {
        description: 'The version stays.',
        schema: z.object({ retirement, ...ids.written }),
      },
    },
    handle: async ({ actor, params, body: { orderTxId, objection }, attempt }) => {
      const request = { ...params, orderTxId, ...(objection && { objection }) };
      const done = await reseal.cancelRetirement(actor, request, attempt);
      return { status: 200, body: done, txId: done.txId };
    },
  });
}
