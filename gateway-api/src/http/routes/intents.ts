// SPDX-License-Identifier: Apache-2.0
import { permitted, type Intent } from '@tutela/chaincode/domain';
import type { Wanted } from '../../services/intents.js';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { declaredIntent, intent } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { basis, category, purpose, segmentRefs } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';

const tag = 'intents';
const newIntent = z
  .strictObject({
    handle: ids.handle.given,
    purpose,
    basis,
    segments: segmentRefs.optional(),
    recordId: ids.recordId.given.optional(),
    version: z.int().min(1).max(1_000_000).optional(),
    categories: z.array(category).min(1).max(12).optional(),
  })
  .refine(
    ({ segments, recordId, version, categories }) =>
      segments === undefined
        ? recordId !== undefined
        : recordId === undefined && version === undefined && categories === undefined,
    'name either segments, or a recordId with an optional version and categories',
  );

/** Intents: the statement that is committed before any key is released. */
export function intentRoutes({ intents }: Pick<Services, 'intents'>): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/intents', operationId: 'declareIntent', tag },
      summary: 'Declare what is about to be opened, why, and under what',
      scopes: ['intents.write'],
      idempotency: 'optional',
      body: newIntent,
      answers: {
        201: {
          description: 'Committed. What is not permitted does not exist for the caller.',
          schema: declaredIntent,
        },
      },
      handle: async ({ actor, body }) => {
        const { handle, purpose: why, basis: under } = body;
        const declared = await intents.declare(actor, {
          handle,
          purpose: why,
          basis: under,
          wanted: wantedIn(body),
        });
        const { intentId, txId, expiresAt, segments } = declared;
        const location = `/v1/intents/${intentId}`;
        return { status: 201, body: { intentId, txId, expiresAt, segments }, txId, headers: { location } };
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/intents/{intentId}', operationId: 'getIntent', tag },
      summary: 'An intent that the caller declared',
      scopes: ['intents.write'],
      params: z.strictObject({ intentId: ids.intentId.given }),
      answers: { 200: { description: 'The intent.', schema: intent } },
      handle: async ({ actor, params }) => ({
        status: 200,
        body: shown(await intents.get(actor, params.intentId)),
      }),
    }),
  ];
}

function wantedIn(body: z.output<typeof newIntent>): Wanted {
  const { segments, recordId, version, categories } = body;
  if (segments !== undefined || recordId === undefined) return { segments: segments ?? [] };
  return {
    recordId,
    ...(version !== undefined && { version }),
    ...(categories !== undefined && { categories }),
  };
}

/** Refused segments, and why they were refused, are for the patient and the auditor. */
function shown(of: Intent): Record<string, unknown> {
  const { intentId, handle, purpose: why, declaredAt, expiresAt, txId } = of;
  return { intentId, handle, purpose: why, declaredAt, expiresAt, txId, segments: permitted(of) };
}
