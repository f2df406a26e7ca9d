// SPDX-License-Identifier: Apache-2.0
import { degradedStatement, STEP_UP_LIFETIME_MS, type DegradedPart } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import type { StepUpRequest, StepUps } from '../../services/step-ups.js';
import { route, type Route } from '../route.js';
import { newEmergency, shownStatement } from '../schemas/emergency.js';
import * as ids from '../schemas/ids.js';
import { credentialId, newPasskey, stepUp, stepUpRequest } from '../schemas/step-up.js';
import { decoded, z } from '../schemas/zod.js';

const byPractitioner = z.strictObject({ id: ids.practitionerId.given });
const passkeys = '/v1/practitioners/{id}/passkeys';
const asked = { 200: { description: 'For `navigator.credentials.get()`.', schema: stepUpRequest } };
const statement = decoded(shownStatement, degradedStatement);
const degraded = <P extends DegradedPart>(part: P) =>
  z.strictObject({ act: z.literal(`degraded-${part}` as const), statement });
const intended = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('open-emergency'), emergency: z.strictObject(newEmergency) }),
  z.strictObject({ act: z.literal('cosign-emergency'), emergencyId: ids.emergencyId.given }),
  z.strictObject({ act: z.literal('approve-full-scope'), emergencyId: ids.emergencyId.given }),
  degraded('requester'),
  degraded('cosigner'),
  degraded('dutyOfficer'),
]);

/** Passkeys, and what they sign before an act for which a token is not enough. */
export function stepUpRoutes({ stepUps }: Pick<Services, 'stepUps'>): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/step-ups', operationId: 'askStepUp', tag: 'emergencies' },
      summary: 'What the caller’s passkey must sign before an emergency’s step; it is good for minutes',
      scopes: ['emergencies.write'],
      body: intended,
      answers: asked,
      handle: async ({ actor, body }) => ({ status: 200, body: shown(await stepUps.ask(actor, body)) }),
    }),
    ...registeringRoutes(stepUps),
  ];
}

function registeringRoutes(stepUps: StepUps): readonly Route[] {
  const tag = 'registry';
  const written = z.object(ids.written);
  return [
    route({
      ...{ method: 'post', path: `${passkeys}/challenge`, operationId: 'askNewPasskey', tag },
      summary: 'What a new passkey must sign before it is registered',
      scopes: ['registry.write'],
      params: byPractitioner,
      body: newPasskey,
      answers: asked,
      handle: async ({ actor, params, body: passkey }) => ({
        status: 200,
        body: shown(await stepUps.askNew(actor, { practitionerId: params.id, passkey })),
      }),
    }),
    route({
      ...{ method: 'post', path: passkeys, operationId: 'registerPasskey', tag },
      summary: 'Register a practitioner’s passkey',
      scopes: ['registry.write'],
      idempotency: 'optional',
      params: byPractitioner,
      body: z.strictObject({ passkey: newPasskey, stepUp }),
      answers: { 201: { description: 'Registered.', schema: written } },
      handle: async ({ actor, params, body, attempt }) => {
        const { txId } = await stepUps.register(actor, { practitionerId: params.id, ...body }, attempt);
        return { status: 201, body: { txId }, txId };
      },
    }),
    route({
      ...{ method: 'delete', path: `${passkeys}/{credentialId}`, operationId: 'removePasskey', tag },
      summary: 'Take a passkey away, of a device that was lost say',
      scopes: ['registry.write'],
      idempotency: 'optional',
      params: byPractitioner.extend({ credentialId }),
      answers: { 200: { description: 'Removed.', schema: written } },
      handle: async ({ actor, params, attempt }) => {
        const { txId } = await stepUps.remove(
          actor,
          {
            practitionerId: params.id,
            credentialId: params.credentialId,
          },
          attempt,
        );
        return { status: 200, body: { txId }, txId };
      },
    }),
  ];
}

function shown({
  at,
  emergencyId,
  challenge,
  rpId,
  credentialIds,
}: StepUpRequest & Readonly<{ emergencyId?: string }>): Record<string, unknown> {
  return {
    at,
    ...(emergencyId !== undefined && { emergencyId }),
    publicKey: {
      challenge,
      rpId,
      allowCredentials: credentialIds.map((id) => ({ type: 'public-key', id })),
      userVerification: 'required',
      timeout: STEP_UP_LIFETIME_MS,
    },
  };
}
