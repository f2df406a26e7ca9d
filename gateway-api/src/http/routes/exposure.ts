// SPDX-License-Identifier: Apache-2.0
import { segmentNameOf, type Exposure, type SegmentRef } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import * as ids from '../schemas/ids.js';
import { pageQuery, pageRequest } from '../schemas/page.js';
import { segmentRef, purpose } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';

const exposure = z
  .object({
    intentId: ids.intentId.shown,
    txId: ids.txId.shown,
    declaredAt: ids.instant.shown,
    requester: z.object({
      mspId: ids.mspId.shown,
      practitionerId: ids.practitionerId.shown,
      role: z.string(),
      department: z.string(),
    }),
    purpose,
    basis: z.object({
      kind: z.enum(['consent', 'emergency']),
      emergencyId: ids.emergencyId.shown.optional(),
    }),
    segments: z.array(segmentRef.extend({ consentId: ids.consentId.shown.optional() })),
  })
  .openapi('Exposure');

/** The patient's exposure report: who could open what, when, and under what. */
export function exposureRoutes({ audit }: Pick<Services, 'audit'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/audit-reads/{auditReadId}/exposure',
      operationId: 'readExposure',
      tag: 'audit',
      summary: 'What was opened of one patient, by whom, when and under what, and whose keys are thus known',
      scopes: ['audit.read'],
      params: z.strictObject({ auditReadId: ids.auditReadId.given }),
      query: pageQuery,
      answers: {
        200: {
          description:
            'The exposures among one page of the log, with the segments whose keys they made known; a bookmark if the log goes on.',
          schema: z.object({
            exposures: z.array(exposure),
            keysKnown: z.array(segmentRef),
            bookmark: z.string().optional(),
          }),
        },
      },
      handle: async ({ actor, params, query }) => {
        const page = await audit.exposure(actor, { ...params, ...pageRequest(query) });
        const exposures = page.exposures.map(shown);
        return { status: 200, body: { ...page, exposures, keysKnown: distinctSegments(page.exposures) } };
      },
    }),
  ];
}

function shown({ segments, ...facts }: Exposure): object {
  return {
    ...facts,
    segments: segments.map((segment) => ({
      ...place(segment),
      ...('consentId' in segment && { consentId: segment.consentId }),
    })),
  };
}

function distinctSegments(exposures: readonly Exposure[]): readonly SegmentRef[] {
  const refs = exposures.flatMap(({ segments }) => segments.map(place));
  const byName = new Map(refs.map((ref) => [segmentNameOf(ref), ref]));
  return [...byName.values()];
}

function place({ recordId, version, segmentId }: SegmentRef): SegmentRef {
  return { recordId, version, segmentId };
}
