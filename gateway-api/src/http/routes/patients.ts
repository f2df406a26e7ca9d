// SPDX-License-Identifier: Apache-2.0
import { registerPatient } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { provenGuardians } from '../schemas/guardian.js';
import * as ids from '../schemas/ids.js';
import { status } from '../schemas/statements.js';
import { decoded, z } from '../schemas/zod.js';

const newPatient = decoded(
  z.strictObject({
    handle: ids.handle.shown,
    publicKey: ids.p256PublicKey,
    nonce: ids.nonce,
    proof: ids.p256Signature,
    guardians: provenGuardians.optional(),
  }),
  registerPatient,
);
const patient = z
  .object({
    v: z.literal(1),
    handle: ids.handle.shown,
    mspId: ids.mspId.shown,
    publicKey: ids.p256PublicKey,
    keyVersion: z.int().min(1),
    status,
    registeredAt: ids.instant.shown,
  })
  .openapi('Patient');

/** Patients' handles and public keys; nothing else about a patient is known here. */
export function patientRoutes({ registry }: Pick<Services, 'registry'>): readonly Route[] {
  const tag = 'patients';
  return [
    route({
      ...{ method: 'post', path: '/v1/patients', operationId: 'registerPatient', tag },
      summary: 'Register a handle with the patient’s key and its proof of possession',
      scopes: ['patients.write'],
      idempotency: 'optional',
      body: newPatient,
      answers: {
        201: { description: 'Registered.', schema: z.object({ handle: ids.handle.shown, ...ids.written }) },
      },
      handle: async ({ actor, body, attempt }) => {
        const { txId } = await registry.registerPatient(actor, body, attempt);
        return { status: 201, body: { handle: body.handle, txId }, txId };
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/patients/{handle}', operationId: 'getPatient', tag },
      summary: 'The home hospital and public key of a handle',
      scopes: ['registry.read'],
      params: z.strictObject({ handle: ids.handle.given }),
      answers: { 200: { description: 'The patient.', schema: patient } },
      handle: async ({ actor, params }) => ({
        status: 200,
        body: await registry.getPatient(actor, params.handle),
      }),
    }),
  ];
}
