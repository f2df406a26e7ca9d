// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { factsOf } from './request-log.js';

/** What the gateway counts; labels are operations, codes and statuses, never an id. */
export type Metrics = Readonly<{ registry: Registry; observe: RequestHandler; eventStreams: Gauge }>;

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'tutela_gateway_' });
  const registers = [registry];
  const durations = new Histogram({
    name: 'tutela_gateway_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['operation', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers,
  });
  const problems = new Counter({
    name: 'tutela_gateway_problems_total',
    help: 'Answers that were problems, by code.',
    labelNames: ['code'],
    registers,
  });
  const eventStreams = new Gauge({
    name: 'tutela_gateway_event_streams',
    help: 'Event streams that are open.',
    registers,
  });
  const observe: RequestHandler = (request, response, next) => {
    const stop = durations.startTimer();
    response.once('close', () => {
      const { operation = 'other', code } = factsOf(request);
      stop({ operation, status: response.statusCode });
      if (code !== undefined) problems.inc({ code });
    });
    next();
  };
  return { registry, observe, eventStreams };
}
