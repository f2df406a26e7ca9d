// SPDX-License-Identifier: Apache-2.0
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { emergency } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { z } from '../schemas/zod.js';
import { shownEmergency } from './emergencies.js';

const tag = 'emergencies';
const scopes = ['emergencies.write'] as const;
const count = z.int().min(0);

const metrics = z
  .object({
    mspId: ids.mspId.shown,
    opened: count,
    openedInWindow: count,
    awaitingReview: count,
    overdue: count,
    upheld: count,
    abuse: count,
    contested: count,
    quota: count,
    noticesPending: count,
    noticesOverdue: count,
  })
  .openapi('EmergencyMetrics');

/** What keeps emergencies answered for: reviews that are due, and how every hospital's emergencies went. */
export function emergencyOversightRoutes({ emergencies }: Pick<Services, 'emergencies'>): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: '/v1/emergencies/due-reviews', operationId: 'listDueReviews', tag, scopes },
      summary: 'The emergencies of this hospital that have no verdict yet, soonest due first',
      answers: {
        200: { description: 'For its officers.', schema: z.object({ emergencies: z.array(emergency) }) },
      },
      handle: async ({ actor }) => {
        const due = await emergencies.dueReviews(actor);
        return { status: 200, body: { emergencies: due.map(shownEmergency) } };
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/emergencies/metrics', operationId: 'getEmergencyMetrics', tag, scopes },
      summary: 'How the emergencies of every hospital went, and what each may still open',
      answers: {
        200: { description: 'By hospital.', schema: z.object({ hospitals: z.array(metrics) }) },
      },
      handle: async ({ actor }) => ({ status: 200, body: { hospitals: await emergencies.metrics(actor) } }),
    }),
  ];
}
