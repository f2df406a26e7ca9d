// SPDX-License-Identifier: Apache-2.0
import { SCOPES } from '@tutela/chaincode/domain';
import { Router, type Request, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { collect, JSON_PACE, type Clock } from '../body.js';
import { claimedClientOf, type FailedAuthentications } from '../failed-authentications.js';
import { problemOf } from '../problem.js';
import { HttpRefusal } from '../refusal.js';
import { note } from '../request-log.js';
import { OAuthError } from './oauth-error.js';
import type { TokenEndpoint } from './token-endpoint.js';

const MAX_FORM_BYTES = 16 * 1024;

type TokenPageOptions = Readonly<{
  token: TokenEndpoint;
  failures: FailedAuthentications;
  now: Clock;
  logger: Logger;
}>;

/** `POST /oauth/token` and SMART discovery. */
export function oauthPages(options: TokenPageOptions & Readonly<{ publicUrl: string }>): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get('/.well-known/smart-configuration', (_request, response) => {
    response.json(smartConfiguration(options.publicUrl));
  });
  router.post('/oauth/token', requestToken(options));
  return router;
}

function smartConfiguration(publicUrl: string): object {
  return {
    issuer: publicUrl,
    token_endpoint: `${publicUrl}/oauth/token`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES384', 'RS384'],
    grant_types_supported: ['client_credentials'],
    scopes_supported: SCOPES,
    capabilities: ['client-confidential-asymmetric'],
  };
}

function requestToken({ token, failures, now, logger }: TokenPageOptions): RequestHandler {
  return async (request, response) => {
    note(request, { operation: 'requestToken' });
    try {
      const form = await readForm(request, now);
      const assertion = new URLSearchParams(form).get('client_assertion') ?? undefined;
      const attempted = { address: request.socket.remoteAddress, client: claimedClientOf(assertion) };
      const answer = await failures.try(attempted, () => token(form), isUnauthenticated);
      response.setHeader('pragma', 'no-cache');
      response.json(answer);
    } catch (error) {
      if (error instanceof HttpRefusal && error.kind === 'busy') throw error;
      const refusal = asOAuthError(error, logger);
      note(request, { code: refusal.error });
      response.status(refusal.status).json({ error: refusal.error, error_description: refusal.message });
    }
  };
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof OAuthError && error.error === 'invalid_client';
}

async function readForm(request: Request, now: Clock): Promise<string> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    throw new HttpRefusal('not-acceptable', 'send the form as application/x-www-form-urlencoded');
  const pace = { ...JSON_PACE, maxBytes: MAX_FORM_BYTES };
  const form = await collect(request, pace, now, undefined);
  return Buffer.from(form).toString('latin1');
}

function asOAuthError(error: unknown, logger: Logger): OAuthError {
  if (error instanceof OAuthError) return error;
  const { status, title } = problemOf(error);
  if (status < 500) return new OAuthError('invalid_request', title, { cause: error });
  logger.error({ err: error }, 'a token could not be issued');
  return new OAuthError('temporarily_unavailable', 'try again soon', { cause: error });
}
