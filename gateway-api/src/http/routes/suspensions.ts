// SPDX-License-Identifier: Apache-2.0
import { SUSPENSION_REASONS } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import type { SuspensionOutcome } from '../../services/suspensions.js';
import { route, type Reply, type Route } from '../route.js';
import * as ids from '../schemas/ids.js';
import { signedSuspension, suspension } from '../schemas/suspension.js';
import { z } from '../schemas/zod.js';

const tag = 'registry';
const path = '/v1/suspensions';
const byIdentity = z.strictObject({ mspId: ids.mspId.given, id: ids.practitionerId.given });
const reason = z.enum(SUSPENSION_REASONS);
const outcome = z.object({
  suspension: suspension.signed,
  heldBy: z.array(ids.mspId.shown),
  txId: ids.txId.shown.optional(),
});
const signed = {
  200: {
    description:
      'Signed, and with `txId` in effect; `heldBy` says who has acknowledged it as a hold. Without `txId` a second hospital must countersign it first.',
    schema: outcome,
  },
};

/** Identities taken out of use by their own hospital, or by two others. */
export function suspensionRoutes({ suspensions }: Pick<Services, 'suspensions'>): readonly Route[] {
  return [...signingRoutes(suspensions), ...standingRoutes(suspensions)];
}

function signingRoutes(suspensions: Services['suspensions']): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path, operationId: 'suspendIdentity', tag },
      summary: 'Sign that an identity may not act: at once for one of this hospital',
      scopes: ['registry.write'],
      idempotency: 'optional',
      body: z.strictObject({ mspId: ids.mspId.given, practitionerId: ids.practitionerId.given, reason }),
      answers: signed,
      handle: async ({ actor, body, attempt }) => replyOf(await suspensions.suspend(actor, body, attempt)),
    }),
    route({
      ...{ method: 'post', path: `${path}/countersignature`, operationId: 'countersignSuspension', tag },
      summary: 'Countersign what another hospital’s administrator signed, and put it in effect',
      scopes: ['registry.write'],
      idempotency: 'optional',
      body: signedSuspension,
      answers: signed,
      handle: async ({ actor, body, attempt }) =>
        replyOf(await suspensions.countersign(actor, body, attempt)),
    }),
  ];
}

function standingRoutes(suspensions: Services['suspensions']): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: `${path}/{mspId}/{id}`, operationId: 'listSuspensions', tag },
      summary: 'The suspensions of an identity, the newest by each set of hospitals, in force or lifted',
      scopes: ['registry.read'],
      params: byIdentity,
      answers: { 200: { description: 'The suspensions.', schema: suspension.all } },
      handle: async ({ actor, params: { mspId, id } }) => ({
        status: 200,
        body: await suspensions.list(actor, { mspId, practitionerId: id }),
      }),
    }),
    route({
      ...{ method: 'delete', path: `${path}/{mspId}/{id}`, operationId: 'liftSuspension', tag },
      summary: 'Withdraw this hospital’s signature from all suspensions of another hospital’s identity',
      scopes: ['registry.write'],
      idempotency: 'optional',
      params: byIdentity,
      answers: { 200: { description: 'Lifted.', schema: z.object(ids.written) } },
      handle: async ({ actor, params: { mspId, id }, attempt }) => {
        const { txId } = await suspensions.lift(actor, { mspId, practitionerId: id }, attempt);
        return { status: 200, body: { txId }, txId };
      },
    }),
  ];
}

function replyOf(body: SuspensionOutcome): Reply {
  return { status: 200, body, ...(body.txId !== undefined && { txId: body.txId }) };
}
