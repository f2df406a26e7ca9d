// SPDX-License-Identifier: Apache-2.0
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from './schemas/zod.js';

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

const health = z.object({ status: z.enum(['up', 'down']) });
const readiness = z.object({
  status: z.enum(['ready', 'not-ready']),
  parts: z.object({ ledger: health, storage: health, custody: health }),
});
const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  scope: z.string(),
});
const oauthError = z.object({ error: z.string(), error_description: z.string() });
const smartConfiguration = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()),
  capabilities: z.array(z.string()),
});
const tokenForm = z.object({
  grant_type: z.literal('client_credentials'),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
  client_assertion: z.string(),
  scope: z.string(),
  practitioner: z.string(),
});

/** What may be asked without a token. */
export const publicPaths: readonly RouteConfig[] = [
  {
    method: 'post',
    path: '/oauth/token',
    operationId: 'requestToken',
    summary: 'Get an access token for one practitioner (SMART Backend Services)',
    tags: ['authentication'],
    request: {
      body: { required: true, content: { 'application/x-www-form-urlencoded': { schema: tokenForm } } },
    },
    responses: {
      200: json('The token.', tokenAnswer),
      400: json('A refusal (RFC 6749 §5.2).', oauthError),
      401: json('The client could not be authenticated.', oauthError),
      503: json('The ledger does not answer.', oauthError),
    },
  },
  {
    method: 'get',
    path: '/.well-known/smart-configuration',
    operationId: 'discover',
    summary: 'What clients need to know to get a token',
    tags: ['authentication'],
    responses: { 200: json('The configuration (SMART App Launch 2.2).', smartConfiguration) },
  },
  {
    method: 'get',
    path: '/healthz',
    operationId: 'checkHealth',
    summary: 'Whether the process lives',
    tags: ['operation'],
    responses: { 200: json('It lives.', z.object({ status: z.literal('up') })) },
  },
  {
    method: 'get',
    path: '/readyz',
    operationId: 'checkReadiness',
    summary: 'Whether ledger, storage and custody can be reached',
    tags: ['operation'],
    responses: { 200: json('All can be reached.', readiness), 503: json('Something cannot.', readiness) },
  },
  {
    method: 'get',
    path: '/metrics',
    operationId: 'readMetrics',
    summary: 'Figures for Prometheus, without ids',
    tags: ['operation'],
    responses: {
      200: { description: 'Text exposition format.', content: { 'text/plain': { schema: z.string() } } },
    },
  },
];
