// SPDX-License-Identifier: Apache-2.0
import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { ERROR_CODES, SCOPES } from '@tutela/chaincode/domain';
import { PROBLEM_TYPE } from './problem.js';
import type { Answer, Route } from './route.js';
import { publicPaths } from './public-paths.js';
import { z } from './schemas/zod.js';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

/** The body of every refusal (RFC 9457). */
const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(ERROR_CODES),
    detail: z.string().optional(),
    txId: z.string().optional(),
    intentId: z.string().optional(),
  })
  .openapi('Problem');

const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/);

/** The description of the API (OpenAPI 3.1), from the very schemas that parse requests. */
export function describeApi(
  routes: readonly Route[],
  options: Readonly<{ publicUrl: string }>,
): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.register('Problem', problemSchema);
  registry.registerComponent('securitySchemes', 'system', {
    type: 'oauth2',
    description: 'SMART Backend Services: private_key_jwt, acting for one practitioner of this hospital.',
    flows: {
      clientCredentials: {
        tokenUrl: `${options.publicUrl}/oauth/token`,
        scopes: Object.fromEntries(SCOPES.map((scope) => [scope, scope])),
      },
    },
  });
  for (const path of publicPaths) registry.registerPath({ ...path, security: [] });
  for (const route of routes) registry.registerPath(describe(route));
  registry.registerPath(eventsPath);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tutela gateway',
      version: '1.0.0',
      description:
        'Consent-governed health records of a consortium of hospitals. Ids and codes only in errors.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.publicUrl }],
  });
}

function describe(route: Route): RouteConfig {
  const { method, path, operationId, tag, summary, scopes } = route;
  const body = bodyOf(route);
  const request = {
    ...(route.params && { params: route.params }),
    ...(route.query && { query: route.query }),
    ...headersOf(route),
    ...(body && { body }),
  };
  return {
    ...{ method, path, operationId, summary },
    tags: [tag],
    security: [{ system: [...scopes] }],
    // The generator asks for object schemas; a route's parameters are never anything else.
    request: request as NonNullable<RouteConfig['request']>,
    responses: { ...answersOf(route.answers), default: problemAnswer },
  };
}

const problemAnswer = {
  description: 'A refusal; `code` says which.',
  content: { [PROBLEM_TYPE]: { schema: problemSchema } },
};

const eventsPath: RouteConfig = {
  ...{ method: 'get', path: '/v1/events', operationId: 'followEvents', tags: ['events'] },
  summary: 'Server-sent events of what one would otherwise poll for; resumes by Last-Event-ID',
  security: [{ system: [] }],
  request: { headers: z.object({ 'Last-Event-ID': z.string().optional() }) },
  responses: {
    200: {
      description: 'Events named `ledger`, ids and codes only.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    default: problemAnswer,
  },
};

function bodyOf(route: Route): NonNullable<RouteConfig['request']>['body'] {
  if (route.body !== undefined)
    return { required: true, content: { 'application/json': { schema: route.body } } };
  if (route.rawBody === undefined) return undefined;
  const bytes = { schema: { type: 'string', format: 'binary' } } as const;
  return { required: true, content: Object.fromEntries(route.rawBody.map((type) => [type, bytes])) };
}

function headersOf(route: Route): { headers?: z.ZodObject } {
  const headers = Object.fromEntries(
    Object.entries(route.requestHeaders ?? {}).map(([name, description]) => [
      name,
      z.string().optional().openapi({ description }),
    ]),
  );
  if (route.idempotency === undefined)
    return Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) };
  const key = route.idempotency === 'required' ? idempotencyKey : idempotencyKey.optional();
  return { headers: z.object({ ...headers, 'Idempotency-Key': key }) };
}

function answersOf(answers: Route['answers']): RouteConfig['responses'] {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));
}

function answerOf({ description, schema, contentType, headers }: Answer): RouteConfig['responses'][string] {
  const described = headers === undefined ? {} : { headers: describeHeaders(headers) };
  if (schema !== undefined) return { description, ...described, content: { 'application/json': { schema } } };
  if (contentType === undefined) return { description, ...described };
  const bytes = { schema: { type: 'string', format: 'binary' } } as const;
  return { description, ...described, content: { [contentType]: bytes } };
}

type HeaderDescription = Readonly<{ description: string; schema: { type: 'string' } }>;

function describeHeaders(headers: Readonly<Record<string, string>>): Record<string, HeaderDescription> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
}
