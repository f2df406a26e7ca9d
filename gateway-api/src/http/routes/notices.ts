// SPDX-License-Identifier: Apache-2.0
import { DomainError, NOTICE_CAUSES } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import * as ids from '../schemas/ids.js';
import { noticesRequest } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';

const tag = 'notices';
const scopes = ['emergencies.write'] as const;

const notice = z
  .object({
    emergencyId: ids.emergencyId.shown.optional(),
    record: z.object({ recordId: ids.recordId.shown, version: z.int().min(1) }).optional(),
    handle: ids.handle.shown,
    cause: z.enum(NOTICE_CAUSES),
    recipient: z.object({
      kind: z.enum(['patient', 'guardian', 'privacy-office']),
      handle: ids.handle.shown.optional(),
      guardianId: ids.guardianId.shown.optional(),
      mspId: ids.mspId.shown.optional(),
    }),
    at: ids.instant.shown,
    txId: ids.txId.shown,
    delivered: z
      .object({
        at: ids.instant.shown,
        txId: ids.txId.shown,
        through: ids.mspId.shown,
        by: ids.practitionerId.shown,
      })
      .optional(),
  })
  .openapi('Notice');

const answers = {
  200: {
    description: 'What waited, delivered now, and what was delivered in the last seven days.',
    schema: z.object({ notices: z.array(notice), more: z.boolean(), ...ids.written }),
  },
};

/** Notices of emergencies, of patients' keys and of versions that are to be destroyed: fetching them is what delivers them, and is a transaction. */
export function noticeRoutes({ emergencies }: Pick<Services, 'emergencies'>): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: '/v1/notices', operationId: 'fetchNotices', tag, scopes, answers },
      summary:
        'The notices of this hospital’s privacy office, for its officers; the ledger records that they came',
      query: z.strictObject({ emergencyId: ids.emergencyId.given.optional() }),
      handle: async ({ actor, query: { emergencyId }, attempt }) => {
        const fetched = await emergencies.fetchNotices(
          actor,
          emergencyId === undefined ? {} : { emergencyId },
          attempt,
        );
        return { status: 200, body: fetched, txId: fetched.txId };
      },
    }),
    route({
      method: 'post',
      path: '/v1/patients/{handle}/notices',
      operationId: 'fetchPatientNotices',
      ...{ tag, scopes, answers },
      summary:
        'Carry the signed request of a patient, or of a guardian, for the own notices; it names this hospital',
      idempotency: 'optional',
      params: z.strictObject({ handle: ids.handle.given }),
      body: noticesRequest,
      handle: async ({ actor, params, body: patient, attempt }) => {
        if (params.handle !== patient.statement.handle)
          throw new DomainError('BAD_REQUEST', 'the statement names another patient than the path');
        const fetched = await emergencies.fetchNotices(actor, { patient }, attempt);
        return { status: 200, body: fetched, txId: fetched.txId };
      },
    }),
  ];
}
