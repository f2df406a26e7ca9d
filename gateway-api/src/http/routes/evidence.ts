// SPDX-License-Identifier: Apache-2.0
import { ACTS, DomainError } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import * as ids from '../schemas/ids.js';
import { pageQuery, pageRequest } from '../schemas/page.js';
import { auditScope, eraseRecord, errorCode, purpose } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';

const auditEntry = z
  .object({
    v: z.literal(1),
    txId: ids.txId.shown,
    at: ids.instant.shown,
    act: z.enum(ACTS),
    actor: z.object({ mspId: ids.mspId.shown, id: ids.practitionerId.shown, role: z.string() }),
    outcome: z.enum(['permitted', 'refused', 'partly-refused']),
    codes: z.array(errorCode).optional(),
    handle: ids.handle.shown.optional(),
    purpose: purpose.optional(),
    recordIds: z.array(ids.recordId.shown).optional(),
    intentId: ids.intentId.shown.optional(),
    consentIds: z.array(ids.consentId.shown).optional(),
    emergencyId: ids.emergencyId.shown.optional(),
    hospital: ids.mspId.shown.optional(),
  })
  .openapi('AuditEntry');

const erasure = z
  .object({
    statement: z.object({ erasureId: ids.erasureId.shown, recordId: ids.recordId.shown }).loose(),
    signature: ids.p256Signature,
    author: ids.mspId.shown,
    versions: z.int().optional(),
    orderedAt: ids.instant.shown,
    txId: ids.txId.shown,
    confirmations: z.record(
      z.string(),
      z.object({
        at: ids.instant.shown,
        blocksRemoved: z.int(),
        blocksHash: ids.bytes32,
        txId: ids.txId.shown,
      }),
    ),
    complete: z.boolean(),
  })
  .openapi('Erasure');

/** What happened, and what became of it: audit, erasures, transactions, custody. */
export function evidenceRoutes(
  services: Pick<Services, 'audit' | 'erasures' | 'transactions' | 'custody'>,
): readonly Route[] {
  return [
    ...auditRoutes(services.audit),
    ...erasureRoutes(services.erasures),
    transactionRoute(services.transactions),
    custodyRoute(services.custody),
  ];
}

function auditRoutes(audit: Services['audit']): readonly Route[] {
  const tag = 'audit';
  return [
    route({
      ...{ method: 'post', path: '/v1/audit-reads', operationId: 'declareAuditRead', tag },
      summary:
        'Declare a reading of the audit, which is audited itself; what a patient signs for it names this hospital',
      scopes: ['audit.read'],
      idempotency: 'optional',
      body: z.strictObject({
        auditReadId: ids.auditReadId.given.optional(),
        scope: auditScope,
        from: ids.instant.given,
        until: ids.instant.given,
      }),
      answers: {
        201: {
          description: 'Declared.',
          schema: z.object({ auditReadId: ids.auditReadId.shown, ...ids.written }),
        },
      },
      handle: async ({ actor, body, attempt }) => {
        const declared = await audit.declare(actor, body, attempt);
        return { status: 201, body: declared, txId: declared.txId };
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/audit-reads/{auditReadId}/entries', operationId: 'readAudit', tag },
      summary: 'A page of the entries that a declared reading covers',
      scopes: ['audit.read'],
      params: z.strictObject({ auditReadId: ids.auditReadId.given }),
      query: pageQuery,
      answers: {
        200: {
          description:
            'The page; with a bookmark if there are more. No entry before `settledUntil` can still appear.',
          schema: z.object({
            entries: z.array(auditEntry),
            bookmark: z.string().optional(),
            settledUntil: ids.instant.shown.optional(),
          }),
        },
      },
      handle: async ({ actor, params, query }) => ({
        status: 200,
        body: await audit.page(actor, { ...params, ...pageRequest(query) }),
      }),
    }),
  ];
}

function erasureRoutes(erasures: Services['erasures']): readonly Route[] {
  const tag = 'erasures';
  return [
    route({
      ...{ method: 'post', path: '/v1/records/{recordId}/erasure', operationId: 'eraseRecord', tag },
      summary: 'Carry a patient’s signed order to destroy what opens a record',
      scopes: ['records.write'],
      idempotency: 'optional',
      params: z.strictObject({ recordId: ids.recordId.given }),
      body: eraseRecord,
      answers: {
        202: {
          description: 'Ordered.',
          schema: z.object({ erasureId: ids.erasureId.shown, ...ids.written }),
        },
      },
      handle: async ({ actor, params, body, attempt }) => {
        if (params.recordId !== body.statement.recordId)
          throw new DomainError('BAD_REQUEST', 'the statement names another record than the path');
        const ordered = await erasures.order(actor, body, attempt);
        const location = `/v1/erasures/${ordered.erasureId}`;
        return { status: 202, body: ordered, txId: ordered.txId, headers: { location } };
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/erasures/{erasureId}', operationId: 'getErasure', tag },
      summary: 'The order and each hospital’s confirmation: the patient’s certificate',
      scopes: ['records.read'],
      params: z.strictObject({ erasureId: ids.erasureId.given }),
      answers: { 200: { description: 'The erasure.', schema: erasure } },
      handle: async ({ actor, params }) => ({
        status: 200,
        body: await erasures.get(actor, params.erasureId),
      }),
    }),
  ];
}

function transactionRoute(transactions: Services['transactions']): Route {
  return route({
    ...{ method: 'get', path: '/v1/transactions/{txId}', operationId: 'getTransaction', tag: 'transactions' },
    summary: 'Whether a transaction was committed; unknown means: ask again',
    scopes: [],
    params: z.strictObject({ txId: ids.txId.given }),
    answers: {
      200: {
        description: 'Its status, with Fabric’s validation code where it is known.',
        schema: z.object({ status: z.enum(['valid', 'invalid', 'unknown']), code: z.int().optional() }),
      },
    },
    handle: async ({ params }) => ({ status: 200, body: await transactions.status(params.txId) }),
  });
}

function custodyRoute(custody: Services['custody']): Route {
  return route({
    ...{ method: 'get', path: '/v1/custody', operationId: 'getCustody', tag: 'custody' },
    summary: 'Who guards the consortium key, and how they fare',
    scopes: [],
    answers: {
      200: {
        description: 'Public facts of the ledger.',
        schema: z.object({
          current: z.object({ epoch: z.int(), threshold: z.int(), kid: z.string() }).loose().optional(),
          custodians: z.array(z.object({ mspId: ids.mspId.shown }).loose()),
          heartbeats: z.array(z.object({ mspId: ids.mspId.shown }).loose()),
          accusations: z.array(z.object({ accuser: ids.mspId.shown, custodian: ids.mspId.shown }).loose()),
        }),
      },
    },
    handle: async ({ actor }) => ({ status: 200, body: await custody.view(actor) }),
  });
}
