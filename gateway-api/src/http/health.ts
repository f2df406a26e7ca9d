// SPDX-License-Identifier: Apache-2.0
import { Router } from 'express';
import type { Registry } from 'prom-client';

/** Asks one part that the gateway depends on; throws, or does not answer in time, when it is down. */
export type Probe = (signal: AbortSignal) => Promise<void>;
export type Probes = Readonly<Record<'ledger' | 'storage' | 'custody', Probe>>;

const PROBE_MS = 5000;

/** `/healthz` for the process, `/readyz` for what it depends on, `/metrics` for Prometheus. */
export function healthPages(probes: Probes, registry: Registry): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'up' });
  });
  router.get('/readyz', async (_request, response) => {
    const [ledger, storage, custody] = await Promise.all([
      ask(probes.ledger),
      ask(probes.storage),
      ask(probes.custody),
    ]);
    const ready = [ledger, storage, custody].every(({ status }) => status === 'up');
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'not-ready', parts: { ledger, storage, custody } });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return router;
}

async function ask(probe: Probe): Promise<{ status: 'up' | 'down' }> {
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
