// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ConsentId } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { consent } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { signedConsent, signedRevocation } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';

const tag = 'consents';
const byId = z.strictObject({ consentId: ids.consentId.given });
const granted = z.object({ consentId: ids.consentId.shown, version: z.int().min(1), ...ids.written });

const revoked = z.object({
  heldBy: z.array(ids.mspId.shown),
  notHeldBy: z.array(ids.mspId.shown).optional(),
  txId: ids.txId.shown.optional(),
});
const listed = z.object({ consents: z.array(consent), more: z.literal(true).optional() });

/** Patients' consents, as their own keys signed them. */
export function consentRoutes({ consents }: Pick<Services, 'consents'>): readonly Route[] {
  return [...writingRoutes(consents), ...readingRoutes(consents)];
}

function writingRoutes(consents: Services['consents']): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/consents', operationId: 'grantConsent', tag },
      summary: 'Carry a signed permit or deny to the ledger',
      scopes: ['consents.write'],
      idempotency: 'optional',
      body: signedConsent,
      answers: { 201: { description: 'Granted.', schema: granted } },
      handle: async ({ actor, body }) => {
        const answer = await consents.grant(actor, body);
        return { status: 201, body: answer, txId: answer.txId };
      },
    }),
    route({
      ...{ method: 'put', path: '/v1/consents/{consentId}', operationId: 'replaceConsent', tag },
      summary: 'Replace a consent by its next signed version',
      scopes: ['consents.write'],
      idempotency: 'optional',
      params: byId,
      body: signedConsent,
      answers: { 200: { description: 'Replaced.', schema: granted } },
      handle: async ({ actor, params, body, attempt }) => {
        requireSame(params.consentId, body.statement.consentId);
        const answer = await consents.replace(actor, body, attempt);
        return { status: 200, body: answer, txId: answer.txId };
      },
    }),
    route({
      ...{ method: 'post', path: '/v1/consents/{consentId}/revocation', operationId: 'revokeConsent', tag },
      summary: 'Take a consent back: custodians hold it at once, the ledger follows',
      scopes: ['consents.write'],
      idempotency: 'optional',
      params: byId,
      query: z.strictObject({ holdOnly: z.enum(['true', 'false']).optional() }),
      body: signedRevocation,
      answers: {
        200: {
          description:
            'In effect: on the ledger with `txId`, and without it by the hold, which all custodians have acknowledged.',
          schema: revoked,
        },
        202: {
          description:
            'Not certain yet (`holdOnly` alone): an honest custodian has the hold, sends it to the others and brings it to the ledger; until then those in `notHeldBy` may still help to open. Send it again.',
          schema: revoked,
        },
      },
      handle: async ({ actor, params, query, body, attempt }) => {
        requireSame(params.consentId, body.statement.consentId);
        const outcome = await consents.revoke(actor, body, { holdOnly: query.holdOnly === 'true' }, attempt);
        const { txId, notHeldBy = [] } = outcome;
        const status = notHeldBy.length === 0 ? 200 : 202;
        return { status, body: outcome, ...(txId !== undefined && { txId }) };
      },
    }),
  ];
}

function readingRoutes(consents: Services['consents']): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: '/v1/consents', operationId: 'listConsents', tag },
      summary:
        'The consents of a handle, now with the first of those that have ended, or as they stood at an instant',
      scopes: ['consents.read'],
      query: z.strictObject({ handle: ids.handle.given, at: ids.instant.given.optional() }),
      answers: {
        200: {
          description: 'The consents; with `more`, others have ended that are not listed.',
          schema: listed,
        },
      },
      handle: async ({ actor, query: { handle, at } }) => ({
        status: 200,
        body: await consents.list(actor, { handle, ...(at !== undefined && { at }) }),
      }),
    }),
    route({
      ...{ method: 'get', path: '/v1/consents/{consentId}', operationId: 'getConsent', tag },
      summary: 'One consent of a handle',
      scopes: ['consents.read'],
      params: byId,
      query: z.strictObject({ handle: ids.handle.given }),
      answers: { 200: { description: 'The consent.', schema: consent } },
      handle: async ({ actor, params, query }) => ({
        status: 200,
        body: await consents.get(actor, { handle: query.handle, consentId: params.consentId }),
      }),
    }),
  ];
}

function requireSame(inPath: ConsentId, inStatement: ConsentId): void {
  if (inPath !== inStatement)
    throw new DomainError('BAD_REQUEST', 'the statement names another consent than the path');
}
