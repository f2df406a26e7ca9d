// SPDX-License-Identifier: Apache-2.0
import { requestKeyRotation, signedVeto } from '@tutela/chaincode/domain';
import type { KeyRotations, RotationStepped } from '../../services/key-rotations.js';
import type { Services } from '../../services/services.js';
import { route, type Reply, type Route } from '../route.js';
import * as ids from '../schemas/ids.js';
import { decoded, z } from '../schemas/zod.js';

const tag = 'patients';
const path = '/v1/patients/{handle}/key-rotation';
const byHandle = z.strictObject({ handle: ids.handle.given });
const newKey = { publicKey: ids.p256PublicKey, nonce: ids.nonce, proof: ids.p256Signature };
const act = { at: ids.instant.shown, txId: ids.txId.shown };
const rotation = z
  .object({
    v: z.literal(1),
    handle: ids.handle.shown,
    mspId: ids.mspId.shown,
    publicKey: ids.p256PublicKey,
    keyVersion: z.int().min(2),
    requestedAt: ids.instant.shown,
    requestedBy: ids.practitionerId.shown,
    txId: ids.txId.shown,
    approval: z
      .object({
        ...act,
        mspId: ids.mspId.shown,
        id: ids.practitionerId.shown,
      })
      .optional(),
    ended: z
      .object({
        ...act,
        as: z.enum(['completed', 'cancelled']),
        guardianId: ids.guardianId.shown.optional(),
      })
      .optional(),
  })
  .openapi('KeyRotation');
const view = rotation
  .extend({
    toConfirm: z.array(ids.consentId.shown),
    seenBy: z.array(ids.mspId.shown).optional(),
    dueAt: ids.instant.shown.optional(),
  })
  .openapi('KeyRotationView');
/** How a step names the rotation that its actor saw: the key that is to follow, and the transaction that asked for it. */
const named = { publicKey: ids.p256PublicKey, requestTxId: ids.txId.given };
const stepped = z.object({ rotation, ...ids.written });
const veto = decoded(
  z
    .strictObject({
      statement: z.strictObject({
        v: z.literal(1),
        kind: z.literal('key-rotation-veto'),
        channel: z.string().regex(/^[a-z0-9.-]{1,64}$/),
        handle: ids.handle.shown,
        publicKey: ids.p256PublicKey,
        signedAt: ids.instant.shown,
        nonce: ids.nonce,
        guardianId: ids.guardianId.shown.optional(),
      }),
      signature: ids.p256Signature,
    })
    .openapi('KeyRotationVeto'),
  signedVeto,
);

/** A patient's key that was lost: the way to another one. */
export function keyRotationRoutes({ keyRotations }: Pick<Services, 'keyRotations'>): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path, operationId: 'requestKeyRotation', tag },
      summary: 'Ask, as the home hospital’s registrar, that another key takes the place of one that was lost',
      scopes: ['patients.write'],
      idempotency: 'optional',
      params: byHandle,
      body: z.strictObject(newKey),
      answers: { 201: { description: 'Another hospital must approve it.', schema: stepped } },
      handle: async ({ actor, params, body, attempt }) => {
        const request = requestKeyRotation({ ...params, ...body }, 'body');
        return toReply(201, await keyRotations.request(actor, request, attempt));
      },
    }),
    route({
      ...{ method: 'get', path, operationId: 'getKeyRotation', tag },
      summary: 'The newest rotation of a handle’s key, and at home what the patient is to sign anew',
      scopes: ['registry.read'],
      params: byHandle,
      answers: { 200: { description: 'The rotation.', schema: view } },
      handle: async ({ actor, params }) => ({
        status: 200,
        body: await keyRotations.get(actor, params.handle),
      }),
    }),
    ...endingRoutes(keyRotations),
  ];
}

function endingRoutes(keyRotations: KeyRotations): readonly Route[] {
  const written = { 200: { description: 'The step is taken.', schema: stepped } };
  const common = { method: 'post', tag, scopes: ['patients.write'], idempotency: 'optional' } as const;
  return [
    route({
      ...{ ...common, path: `${path}/approval`, operationId: 'approveKeyRotation' },
      summary: 'Approve exactly this one as another hospital’s registrar; two days to object follow',
      params: byHandle,
      body: z.strictObject(named),
      answers: written,
      handle: async ({ actor, params, body, attempt }) =>
        toReply(200, await keyRotations.approve(actor, { ...params, ...body }, attempt)),
    }),
    route({
      ...{ ...common, path: `${path}/cancellation`, operationId: 'cancelKeyRotation' },
      summary: 'Stop it: with the veto of the present key or of a guardian, or as the registrar at home',
      params: byHandle,
      body: z.strictObject({ ...named, veto: veto.optional() }),
      answers: written,
      handle: async ({ actor, params, body: { veto: by, ...body }, attempt }) =>
        toReply(
          200,
          await keyRotations.cancel(actor, { ...params, ...body, ...(by && { veto: by }) }, attempt),
        ),
    }),
    route({
      ...{ ...common, path: `${path}/completion`, operationId: 'completeKeyRotation' },
      summary: 'Put the new key in its place, once the two days are over',
      params: byHandle,
      body: z.strictObject(named),
      answers: written,
      handle: async ({ actor, params, body, attempt }) =>
        toReply(200, await keyRotations.complete(actor, { ...params, ...body }, attempt)),
    }),
  ];
}

function toReply(status: number, { rotation: of, txId }: RotationStepped): Reply {
  return { status, body: { rotation: of, txId }, txId };
}
