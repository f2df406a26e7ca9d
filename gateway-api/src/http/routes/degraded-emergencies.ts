// SPDX-License-Identifier: Apache-2.0
import { degradedSignature, degradedStatement } from '@tutela/chaincode/domain';
import type { DegradedEmergencies } from '../../services/degraded/degraded-emergencies.js';
import type { Services } from '../../services/services.js';
import { route, type Route } from '../route.js';
import { newEmergency, place, shownStatement } from '../schemas/emergency.js';
import * as ids from '../schemas/ids.js';
import { assertion, shownAssertion } from '../schemas/step-up.js';
import { segmentRefs } from '../schemas/statements.js';
import { decoded, z } from '../schemas/zod.js';

const tag = 'emergencies';
const scopes = ['emergencies.write'] as const;
const path = '/v1/emergencies/degraded';
const shownSignature = z
  .strictObject({
    mspId: ids.mspId.shown,
    practitionerId: ids.practitionerId.shown,
    certificate: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .max(8_192),
    signature: ids.p256Signature,
    assertion: shownAssertion,
  })
  .openapi('DegradedSignature');
const signature = decoded(shownSignature, degradedSignature);
const draftId = z
  .string()
  .regex(/^dg_[A-Za-z0-9_-]{22}$/)
  .openapi({ example: `dg_${'A'.repeat(22)}` });
const vote = z.object({ mspId: ids.mspId.shown, mode: z.enum(['on', 'off']), at: ids.instant.shown });
const state = z.object({ mode: z.enum(['on', 'off']), needed: z.int(), votes: z.array(vote) });
const opening = z.object({
  requestHash: ids.bytes32,
  acknowledgedBy: z.array(ids.mspId.shown),
  expiresAt: ids.instant.shown,
  segments: z.array(place),
});

/** Breaking the glass while the ledger stalls: prepared by one clinician, signed by a second, opened by the custodians. */
export function degradedEmergencyRoutes({
  degraded,
}: Readonly<{ degraded: Services['degraded'] }>): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path, operationId: 'getDegradedMode', tag, scopes },
      summary: 'Whether emergencies may open while the ledger stalls, and who voted for it',
      answers: { 200: { description: 'The mode and the votes.', schema: state } },
      handle: async ({ actor }) => ({ status: 200, body: shownState(await degraded.state(actor)) }),
    }),
    ...signingRoutes(degraded),
    route({
      ...{ method: 'post', path: `${path}/{draftId}/opening`, operationId: 'openDegradedEmergency', tag },
      summary: 'Bring the signed statement to the custodians, who write it down',
      scopes,
      params: z.strictObject({ draftId }),
      body: z.strictObject({ assertion, cosigner: signature, dutyOfficer: signature.optional() }),
      answers: { 200: { description: 'Enough custodians have acknowledged it.', schema: opening } },
      handle: async ({ actor, params, body: { dutyOfficer, ...rest } }) => {
        const signed = { ...rest, ...(dutyOfficer && { dutyOfficer }) };
        const { requestHash, acknowledgedBy, expiresAt, segments } = await degraded.open(actor, {
          ...params,
          ...signed,
        });
        return { status: 200, body: { requestHash, acknowledgedBy, expiresAt, segments } };
      },
    }),
    contentRoute(degraded),
  ];
}

function signingRoutes(degraded: DegradedEmergencies): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path, operationId: 'prepareDegradedEmergency', tag, scopes },
      summary: 'Prepare the statement that two clinicians sign',
      body: z.strictObject({ ...newEmergency, segments: segmentRefs.optional() }),
      answers: {
        201: {
          description:
            'The statement; its session key is in this gateway’s memory. All must have signed it, and it must be opened, by `openBy`.',
          schema: z.object({ draftId, statement: shownStatement, openBy: ids.instant.shown }),
        },
      },
      handle: async ({ actor, body: { segments, ...desired } }) => {
        const draft = await degraded.prepare(actor, { ...desired, ...(segments && { segments }) });
        const { draftId: id, statement, openBy } = draft;
        return { status: 201, body: { draftId: id, statement, openBy } };
      },
    }),
    route({
      ...{ method: 'post', path: `${path}/signatures`, operationId: 'signDegradedEmergency', tag, scopes },
      summary: 'Sign a colleague’s statement as second clinician or duty officer',
      body: z.strictObject({
        statement: decoded(shownStatement, degradedStatement),
        part: z.enum(['cosigner', 'dutyOfficer']),
        assertion,
      }),
      answers: { 200: { description: 'The signature with its certificate.', schema: shownSignature } },
      handle: async ({ actor, body }) => ({ status: 200, body: { ...(await degraded.sign(actor, body)) } }),
    }),
  ];
}

function contentRoute(degraded: DegradedEmergencies): Route {
  return route({
    ...{ method: 'get', path: `${path}/{draftId}/content/{segmentId}`, tag },
    operationId: 'openDegradedSegment',
    summary: 'Open one segment of an acknowledged request',
    scopes: ['emergencies.write', 'records.read'],
    params: z.strictObject({ draftId, segmentId: ids.segmentId.given }),
    answers: { 200: { description: 'The whole content, each chunk verified.', contentType: '*/*' } },
    handle: async ({ actor, params, signal }) => {
      const { contentType, size, body } = await degraded.content(actor, params, signal);
      // What was stored is never shown as a page of this origin, whatever type its author named.
      const headers = { 'content-type': contentType, 'content-disposition': 'attachment' };
      return { status: 200, stream: body, headers: { ...headers, 'content-length': String(size) } };
    },
  });
}

function shownState({
  mode,
  needed,
  votes,
}: Awaited<ReturnType<DegradedEmergencies['state']>>): Record<string, unknown> {
  return { mode, needed, votes: votes.map(({ mspId, mode: voted, at }) => ({ mspId, mode: voted, at })) };
}
