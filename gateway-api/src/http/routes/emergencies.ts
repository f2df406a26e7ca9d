// SPDX-License-Identifier: Apache-2.0
import { DomainError, VERDICTS, type Actor, type Emergency } from '@tutela/chaincode/domain';
import type { Emergencies, EmergencyStepped } from '../../services/emergencies.js';
import type { Services } from '../../services/services.js';
import { route, type Answer, type Reply, type Route } from '../route.js';
import { emergency } from '../schemas/answers.js';
import { newEmergency } from '../schemas/emergency.js';
import * as ids from '../schemas/ids.js';
import { contestEmergency } from '../schemas/statements.js';
import { stepUp } from '../schemas/step-up.js';
import { z } from '../schemas/zod.js';

const tag = 'emergencies';
const scopes = ['emergencies.write'] as const;
const byId = z.strictObject({ emergencyId: ids.emergencyId.given });
/** A step reads no contests. */
const stepped = emergency.partial({ contests: true }).extend(ids.written).openapi('EmergencyStep');
const taken: Readonly<Record<number, Answer>> = {
  200: { description: 'The step is taken.', schema: stepped },
};
const opening = z.strictObject({ ...newEmergency, emergencyId: ids.emergencyId.given, stepUp });

type Step = Readonly<{
  path: string;
  operationId: string;
  summary: string;
  take: 'close' | 'beginReview';
}>;
type Vouching = Omit<Step, 'take'> & Readonly<{ take: 'cosign' | 'approveFullScope' }>;

/** Steps by which somebody vouches for the emergency, with the own passkey. */
const VOUCHING: readonly Vouching[] = [
  {
    path: 'cosignature',
    operationId: 'cosignEmergency',
    summary: 'Co-sign as a second clinician',
    take: 'cosign',
  },
  {
    path: 'scope-approval',
    operationId: 'approveFullScope',
    summary: 'Approve the full scope as another hospital’s duty officer',
    take: 'approveFullScope',
  },
];

const STEPS: readonly Step[] = [
  {
    path: 'closure',
    operationId: 'closeEmergency',
    summary: 'Close it before its time, at the hospital that opened it',
    take: 'close',
  },
  { path: 'review', operationId: 'beginReview', summary: 'Begin its review', take: 'beginReview' },
];

/** Break-glass, step by step; every step is a transaction. */
export function emergencyRoutes({ emergencies }: Pick<Services, 'emergencies'>): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/emergencies', operationId: 'openEmergency', tag, scopes },
      summary: 'Break the glass; alone it reaches the summary only',
      idempotency: 'required',
      body: opening,
      answers: { 201: { description: 'Open.', schema: stepped } },
      handle: async ({ actor, body, attempt }) => toReply(201, await emergencies.open(actor, body, attempt)),
    }),
    ...VOUCHING.map((step) => vouchingRoute(emergencies, step)),
    ...STEPS.map((step) => stepRoute(emergencies, step)),
    ...judgingRoutes(emergencies),
    ...readingRoutes(emergencies),
  ];
}

function vouchingRoute(emergencies: Emergencies, { path, operationId, summary, take }: Vouching): Route {
  return route({
    ...{ method: 'post', path: `/v1/emergencies/{emergencyId}/${path}`, operationId, tag, summary, scopes },
    idempotency: 'optional',
    params: byId,
    body: z.strictObject({ stepUp }),
    answers: taken,
    handle: async ({ actor, params, body, attempt }) =>
      toReply(200, await emergencies[take](actor, { emergencyId: params.emergencyId, ...body }, attempt)),
  });
}

function stepRoute(emergencies: Emergencies, { path, operationId, summary, take }: Step): Route {
  return route({
    ...{ method: 'post', path: `/v1/emergencies/{emergencyId}/${path}`, operationId, tag, summary, scopes },
    idempotency: 'optional',
    params: byId,
    answers: taken,
    handle: async ({ actor, params, attempt }) =>
      toReply(200, await emergencies[take](actor, params.emergencyId, attempt)),
  });
}

function judgingRoutes(emergencies: Emergencies): readonly Route[] {
  return [
    route({
      ...{
        method: 'post',
        path: '/v1/emergencies/{emergencyId}/verdict',
        operationId: 'judgeEmergency',
        tag,
        scopes,
      },
      summary:
        'Give the verdict of a hospital: abuse takes the right to emergencies once the own hospital, or two others, find it',
      idempotency: 'optional',
      params: byId,
      body: z.strictObject({ verdict: z.enum(VERDICTS), findingsHash: ids.bytes32 }),
      answers: taken,
      handle: async ({ actor, params, body, attempt }) =>
        toReply(200, await emergencies.review(actor, { emergencyId: params.emergencyId, ...body }, attempt)),
    }),
    route({
      ...{
        method: 'post',
        path: '/v1/emergencies/{emergencyId}/contest',
        operationId: 'contestEmergency',
        tag,
        scopes,
      },
      summary: 'Carry a patient’s signed objection',
      idempotency: 'optional',
      params: byId,
      body: contestEmergency,
      answers: taken,
      handle: async ({ actor, params, body, attempt }) => {
        if (params.emergencyId !== body.statement.emergencyId)
          throw new DomainError('BAD_REQUEST', 'the statement names another emergency than the path');
        return toReply(200, await emergencies.contest(actor, body, attempt));
      },
    }),
  ];
}

function readingRoutes(emergencies: Emergencies): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: '/v1/emergencies/{emergencyId}', operationId: 'getEmergency', tag, scopes },
      summary: 'One emergency',
      params: byId,
      answers: { 200: { description: 'The emergency.', schema: emergency } },
      handle: async ({ actor, params }) => ({
        status: 200,
        body: shownEmergency(await emergencies.get(actor, params.emergencyId)),
      }),
    }),
    route({
      ...{ method: 'get', path: '/v1/emergencies', operationId: 'listEmergencies', tag, scopes },
      summary: 'The emergencies of a handle',
      query: z.strictObject({ handle: ids.handle.given }),
      answers: {
        200: { description: 'The emergencies.', schema: z.object({ emergencies: z.array(emergency) }) },
      },
      handle: async ({ actor, query }) => {
        const found = await emergencies.list(actor, query.handle);
        return { status: 200, body: { emergencies: found.map(shownEmergency) } };
      },
    }),
  ];
}

function toReply(status: number, { emergency: of, txId }: EmergencyStepped): Reply {
  return { status, body: { ...shownEmergency(of), txId }, txId };
}

/** An emergency as answers show it: without certificates and person tags, which only the ledger needs to tell persons apart. */
export function shownEmergency(of: Emergency): Record<string, unknown> {
  const { requester, cosigner, dutyOfficer, reviews, ...facts } = of;
  return {
    ...facts,
    requester: who(requester),
    ...(cosigner && { cosigner: who(cosigner) }),
    ...(dutyOfficer && { dutyOfficer: who(dutyOfficer) }),
    reviews: reviews.map(({ verdict, findingsHash, ...by }) => ({ ...who(by), verdict, findingsHash })),
  };
}

function who({ mspId, practitionerId, at, txId }: Actor): object {
  return { mspId, practitionerId, at, txId };
}
