// SPDX-License-Identifier: Apache-2.0
import { Router } from 'express';
import type { Registry } from 'prom-client';
import type { Clock } from './body.js';
import { freshFor } from './fresh-for.js';

/** Asks one part that the gateway depends on; throws, or does not answer in time, when it is down. */
export type Probe = (signal: AbortSignal) => Promise<void>;
export type Probes = Readonly<Record<'ledger' | 'storage' | 'custody', Probe>>;

const PROBE_MS = 5000;
/** Anybody who reaches the port may ask, and each answer costs the peer, the storage and every custodian a question. */
const FRESH_MS = 2000;

/** `/healthz` for the process, `/readyz` for what it depends on, `/metrics` for Prometheus. */
export function healthPages(probes: Probes, registry: Registry, now: Clock): Router {
  const router = Router();
  const readiness = freshFor(FRESH_MS, now, () => readinessOf(probes));
  const metrics = freshFor(FRESH_MS, now, () => registry.metrics());
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'up' });
  });
  router.get('/readyz', async (_request, response) => {
    const parts = await readiness();
    const ready = Object.values(parts).every(({ status }) => status === 'up');
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not-ready', parts });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await metrics());
  });
  return router;
}

type Answer = Readonly<{ status: 'up' | 'down' }>;

async function readinessOf(probes: Probes): Promise<Readonly<Record<keyof Probes, Answer>>> {
  const [ledger, storage, custody] = await Promise.all([
    ask(probes.ledger),
    ask(probes.storage),
    ask(probes.custody),
  ]);
  return { ledger, storage, custody };
}

async function ask(probe: Probe): Promise<Answer> {
  const timeout = AbortSignal.timeout(PROBE_MS);
  const late = new Promise<never>((_resolve, reject) => {
    timeout.addEventListener('abort', () => {
      reject(new Error('the probe did not answer in time'));
    });
  });
  const status = await Promise.race([probe(timeout), late]).then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return { status };
}
