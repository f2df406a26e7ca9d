// SPDX-License-Identifier: Apache-2.0
import type { Services } from '../../services/services.js';
import type { SystemKeys } from '../oauth/system-keys.js';
import { route, type Route } from '../route.js';
import { publicJwk, thumbprintOf } from '../schemas/jwk.js';
import * as ids from '../schemas/ids.js';
import { department, practitionerRole, scope, status } from '../schemas/statements.js';
import { shownPasskey } from '../schemas/step-up.js';
import { z } from '../schemas/zod.js';

const hospital = z
  .object({ v: z.literal(1), mspId: ids.mspId.shown, status, registeredAt: ids.instant.shown })
  .openapi('Hospital');
const practitioner = z
  .object({
    practitionerId: ids.practitionerId.shown,
    mspId: ids.mspId.shown,
    role: practitionerRole,
    department: z.string(),
    status,
    registeredAt: ids.instant.shown,
    passkeys: z.array(shownPasskey),
  })
  .openapi('Practitioner');

/** Hospitals, practitioners and systems: who may act. */
export function registryRoutes({ registry }: Pick<Services, 'registry'>, keys: SystemKeys): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: '/v1/hospitals', operationId: 'listHospitals', tag: 'registry' },
      summary: 'The member hospitals',
      scopes: ['registry.read'],
      answers: { 200: { description: 'All of them.', schema: z.object({ hospitals: z.array(hospital) }) } },
      handle: async ({ actor }) => ({
        status: 200,
        body: { hospitals: await registry.listHospitals(actor) },
      }),
    }),
    ...practitionerRoutes(registry),
    ...systemRoutes(registry, keys),
  ];
}

function practitionerRoutes(registry: Services['registry']): readonly Route[] {
  const tag = 'registry';
  return [
    route({
      ...{ method: 'post', path: '/v1/practitioners', operationId: 'registerPractitioner', tag },
      summary: 'Register a person and issue their Fabric identity',
      scopes: ['registry.write'],
      idempotency: 'required',
      body: z.strictObject({ role: practitionerRole, department, personKey: z.string().min(1).max(128) }),
      answers: {
        201: {
          description: 'Registered.',
          schema: z.object({ practitionerId: ids.practitionerId.shown, ...ids.written }),
        },
      },
      handle: async ({ actor, body, attempt }) => {
        const registered = await registry.registerPractitioner(actor, body, attempt);
        return { status: 201, body: registered, txId: registered.txId };
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/practitioners/{mspId}/{id}', operationId: 'getPractitioner', tag },
      summary: 'A practitioner of any hospital, as the ledger knows them',
      scopes: ['registry.read'],
      params: z.strictObject({ mspId: ids.mspId.given, id: ids.practitionerId.given }),
      answers: { 200: { description: 'The practitioner.', schema: practitioner } },
      handle: async ({ actor, params }) => {
        const { mspId, id: practitionerId } = params;
        const {
          role,
          department: place,
          status: now,
          registeredAt,
          passkeys = [],
        } = await registry.getPractitioner(actor, {
          mspId,
          practitionerId,
        });
        return {
          status: 200,
          body: {
            ...{ practitionerId, mspId, role, department: place, status: now, registeredAt },
            passkeys: passkeys.map(({ credentialId, rpId, registeredAt: since }) => ({
              ...{ credentialId, rpId, registeredAt: since },
            })),
          },
        };
      },
    }),
    changePractitionerRoute(registry),
  ];
}

function changePractitionerRoute(registry: Services['registry']): Route {
  return route({
    ...{
      method: 'patch',
      path: '/v1/practitioners/{id}',
      operationId: 'changePractitioner',
      tag: 'registry',
    },
    summary: 'Suspend, reinstate or ban a practitioner of this hospital, or change role or department',
    scopes: ['registry.write'],
    idempotency: 'optional',
    params: z.strictObject({ id: ids.practitionerId.given }),
    body: z
      .strictObject({ status, role: practitionerRole, department })
      .partial()
      .refine((change) => Object.keys(change).length > 0, 'name at least one change'),
    answers: { 200: { description: 'Changed.', schema: z.object(ids.written) } },
    handle: async ({ actor, params, body, attempt }) => {
      const { txId } = await registry.changePractitioner(
        actor,
        {
          practitionerId: params.id,
          ...defined(body),
        },
        attempt,
      );
      return { status: 200, body: { txId }, txId };
    },
  });
}

function systemRoutes(registry: Services['registry'], keys: SystemKeys): readonly Route[] {
  const tag = 'registry';
  return [
    route({
      ...{ method: 'post', path: '/v1/systems', operationId: 'registerSystem', tag },
      summary: 'Register a SMART Backend Services client by its public key',
      scopes: ['registry.write'],
      idempotency: 'required',
      body: newSystem,
      answers: {
        201: {
          description: 'Registered.',
          schema: z.object({ clientId: ids.systemId.shown, ...ids.written }),
        },
      },
      handle: async ({ actor, body, attempt }) => {
        const jwkThumbprint = await thumbprintOf(body.jwk);
        const { systemId, txId } = await registry.registerSystem(
          actor,
          { jwkThumbprint, scopes: body.scopes },
          attempt,
        );
        keys.put(systemId, body.jwk, body.name);
        return { status: 201, body: { clientId: systemId, txId }, txId };
      },
    }),
    route({
      ...{ method: 'patch', path: '/v1/systems/{id}', operationId: 'changeSystem', tag },
      summary: 'Suspend, reinstate or ban a system of this hospital',
      scopes: ['registry.write'],
      idempotency: 'optional',
      params: z.strictObject({ id: ids.systemId.given }),
      body: z.strictObject({ status }),
      answers: { 200: { description: 'Changed.', schema: z.object(ids.written) } },
      handle: async ({ actor, params, body, attempt }) => {
        const { txId } = await registry.changeSystem(
          actor,
          { systemId: params.id, status: body.status },
          attempt,
        );
        return { status: 200, body: { txId }, txId };
      },
    }),
  ];
}

/** A system to be registered; the name stays at this hospital. */
export const newSystem = z.strictObject({
  name: z.string().regex(/^[\p{L}\p{N} ._-]{1,64}$/u),
  jwk: publicJwk,
  scopes: z
    .array(scope)
    .min(1)
    .refine((scopes) => new Set(scopes).size === scopes.length, 'must not repeat a scope'),
});

/** Drops members that are not there, for types that tell absent from undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
