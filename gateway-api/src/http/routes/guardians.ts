// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { guardian, registerGuardian, removeGuardian } from '../schemas/guardian.js';
import * as ids from '../schemas/ids.js';
import { z } from '../schemas/zod.js';

const tag = 'patients';
const path = '/v1/patients/{handle}/guardians';
const byHandle = z.strictObject({ handle: ids.handle.given });
const byGuardian = z.strictObject({ handle: ids.handle.given, guardianId: ids.guardianId.given });
const written = z.object({ guardianId: ids.guardianId.shown, ...ids.written });

/** Guardians of a handle: told of its emergencies, and heard when they contest them. */
export function guardianRoutes({ guardians }: Pick<Services, 'guardians'>): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path, operationId: 'registerGuardian', tag },
      summary: 'Carry that a patient names a guardian, signed by both',
      scopes: ['patients.write'],
      idempotency: 'optional',
      params: byHandle,
      body: registerGuardian,
      answers: { 201: { description: 'A guardian from the next emergency on.', schema: written } },
      handle: async ({ actor, params, body, attempt }) => {
        requireSame(params.handle, body.statement.handle);
        const { txId } = await guardians.register(actor, body, attempt);
        return { status: 201, body: { guardianId: body.statement.guardianId, txId }, txId };
      },
    }),
    route({
      ...{ method: 'get', path, operationId: 'listGuardians', tag },
      summary: 'The guardians of a handle, by their ids and keys',
      scopes: ['registry.read'],
      params: byHandle,
      answers: {
        200: { description: 'All of them.', schema: z.object({ guardians: z.array(guardian) }) },
      },
      handle: async ({ actor, params }) => ({
        status: 200,
        body: { guardians: await guardians.list(actor, params.handle) },
      }),
    }),
    route({
      ...{ method: 'post', path: `${path}/{guardianId}/removal`, operationId: 'removeGuardian', tag },
      summary: 'Carry that a guardianship ends, signed by the patient or the guardian',
      scopes: ['patients.write'],
      idempotency: 'optional',
      params: byGuardian,
      body: removeGuardian,
      answers: { 200: { description: 'No guardian any more.', schema: written } },
      handle: async ({ actor, params, body, attempt }) => {
        requireSame(params.handle, body.statement.handle);
        requireSame(params.guardianId, body.statement.guardianId);
        const { txId } = await guardians.remove(actor, body, attempt);
        return { status: 200, body: { guardianId: params.guardianId, txId }, txId };
      },
    }),
  ];
}

function requireSame(inPath: string, inStatement: string): void {
  if (inPath !== inStatement)
    throw new DomainError('BAD_REQUEST', 'the statement is about another one than the path');
}
