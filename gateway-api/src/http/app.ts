// SPDX-License-Identifier: Apache-2.0
import express, { Router, type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { DomainError } from '@tutela/chaincode/domain';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { docsPage, documentPage } from './docs-page.js';
import { claimedClientOf, FailedAuthentications } from './failed-authentications.js';
import { healthPages, type Probes } from './health.js';
import { limitClientRate, limitConcurrency, refuseUnreasonable, type Limits } from './limits.js';
import type { Metrics } from './metrics.js';
import { mount, refuseMethod, type Surroundings } from './mount.js';
import { bearerToken, type Authenticate } from './oauth/authenticate.js';
import { oauthPages } from './oauth/pages.js';
import type { TokenEndpoint } from './oauth/token-endpoint.js';
import { describeApi } from './openapi.js';
import { HttpRefusal } from './refusal.js';
import { note, requestLog } from './request-log.js';
import type { Route } from './route.js';
import { sendProblem } from './send.js';

/** Everything that the door needs; the use cases stand behind the routes. */
export type AppOptions = Readonly<{
  routes: readonly Route[];
  events: RequestHandler;
  authenticate: Authenticate;
  token: TokenEndpoint;
  probes: Probes;
  metrics: Metrics;
  limits: Limits;
  logger: Logger;
  publicUrl: string;
}> &
  Surroundings;

/** The whole HTTP interface of the gateway, in the order in which a request passes it. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.enable('strict routing').enable('case sensitive routing');
  app.use(requestLog(options.logger), options.metrics.observe, securityHeaders, noStore, refuseUnreasonable);
  app.use(healthPages(options.probes, options.metrics.registry, options.now));
  app.use(
    docsPage(),
    documentPage(() => describeApi(options.routes, options)),
  );
  const failures = new FailedAuthentications(options.limits, options.now);
  app.use(oauthPages({ ...options, failures }));
  app.use('/v1', authenticated(options.authenticate, failures), limitClientRate(options.limits));
  app.head('/v1/events', refuseMethod(['GET']));
  app.get('/v1/events', limitConcurrency(options.limits.concurrentEventStreams), options.events);
  app.use('/v1', limitConcurrency(options.limits.concurrentRequests));
  app.use(operations(options));
  app.use(nothingHere, answerError(options.logger));
  return app;
}

const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
});

const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

function authenticated(authenticate: Authenticate, failures: FailedAuthentications): RequestHandler {
  return async (request, response, next) => {
    const { authorization } = request.headers;
    const client = claimedClientOf(bearerToken(authorization));
    const session = await failures.try(
      { address: request.socket.remoteAddress, client },
      () => authenticate(authorization),
      (error) => error instanceof HttpRefusal && error.kind === 'unauthenticated',
    );
    note(request, { clientId: session.clientId, practitionerId: session.practitionerId });
    response.locals.session = session;
    next();
  };
}

function operations(options: Pick<AppOptions, 'routes'> & Surroundings): Router {
  const router = Router({ strict: true, caseSensitive: true });
  mount(router, options.routes, options);
  return router;
}

const nothingHere: RequestHandler = () => {
  throw new HttpRefusal('not-found');
};

function answerError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.closed) {
      next();
      return;
    }
    const { code, status } = sendProblem(mendPathError(error), request, response);
    note(request, { code });
    if (status >= 500) logger.error({ err: error, requestId: request.id }, 'a request failed');
  };
}

/** A path that is no UTF-8 after percent-decoding is the client's fault. */
function mendPathError(error: unknown): unknown {
  return error instanceof URIError ? new DomainError('BAD_REQUEST', 'the path is malformed') : error;
}
