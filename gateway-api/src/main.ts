// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { DomainError } from '@tutela/chaincode/domain';
import type { Logger } from 'pino';
import { compose, type Composed } from './compose.js';
import { ConfigError, parseConfig, type Config } from './config/config.js';
import { credentialsFolder, readEnvironment } from './config/env.js';
import { loadSecrets, type Secrets } from './config/secrets.js';
import { createLogger } from './http/request-log.js';
import { listenHttps, listenUnix } from './listen.js';
import { Lifecycle } from './lifecycle.js';

/** How long requests that are under way may still take when the process is asked to end, in milliseconds. */
const DRAIN_MS = 10_000;
/** How long the start waits for the ledger before it goes on without, and how often it asks, in milliseconds. */
const LEDGER_WAIT_MS = 30_000;
const LEDGER_RETRY_MS = 500;

const lifecycle = new Lifecycle();
await run().catch(async (error: unknown) => {
  const message = error instanceof ConfigError ? error.message : 'the gateway could not start';
  createLogger('error').error({ err: error }, message);
  process.exitCode = 1;
  await lifecycle.stop();
});

async function run(): Promise<void> {
  const config = parseConfig(readEnvironment());
  const secrets = await loadSecrets(config, credentialsFolder());
  const logger = createLogger(config.logLevel);
  const composed = await compose(config, secrets, { logger, lifecycle });
  stopOnSignals(logger);
  endOnDefects(logger);
  await hospitalOnLedger(composed, logger);
  if (lifecycle.isStopping()) return;
  startBackground(composed, logger);
  await listen(config, secrets, composed);
  logger.info({ url: config.publicUrl, mspId: config.mspId }, 'the gateway is open');
  // A signal that came while the doors were being opened has closed everything but them.
  if (lifecycle.isStopping()) await lifecycle.stop();
}

async function listen(config: Config, secrets: Secrets, { door }: Composed): Promise<void> {
  const tls = { cert: secrets.tlsCert, key: secrets.tlsKey };
  const https = await listenHttps(door.app, {
    ...config.listen,
    ...tls,
    connectionsPerAddress: config.connectionsPerAddress,
  });
  lifecycle.onStop(async () => {
    door.endStreams();
    await https.close(DRAIN_MS);
  });
  const operator = await listenUnix(door.operatorApp, config.operatorSocket);
  lifecycle.onStop(() => operator.close(DRAIN_MS));
  const copies = await listenUnix(door.copiesApp, config.copiesSocket);
  lifecycle.onStop(() => copies.close(DRAIN_MS));
}

/** A peer that is still starting is waited for; one that is down must not keep the door from saying so. */
async function hospitalOnLedger({ services }: Composed, logger: Logger): Promise<void> {
  const registered = keepTrying(() => services.registry.ensureHospital(), logger);
  const ended = new AbortController();
  const { signal } = ended;
  await Promise.race([registered, wait(LEDGER_WAIT_MS, undefined, { signal }).catch(() => undefined)]);
  ended.abort();
}

async function keepTrying(act: () => Promise<void>, logger: Logger): Promise<void> {
  const ended = new AbortController();
  lifecycle.onStop(() => {
    ended.abort();
  });
  while (!ended.signal.aborted) {
    try {
      await act();
      return;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      logger.warn({ err: error }, 'the hospital is not on the ledger yet');
      await wait(LEDGER_RETRY_MS);
    }
  }
}

function startBackground({ background }: Composed, logger: Logger): void {
  const ended = new AbortController();
  const running = background.map(async (work) => {
    await work(ended.signal).catch((error: unknown) => {
      logger.error({ err: error }, 'work in the background ended');
    });
  });
  lifecycle.onStop(async () => {
    ended.abort();
    await Promise.all(running);
  });
}

function stopOnSignals(logger: Logger): void {
  const stop = (): void => {
    process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
    lifecycle.stop().then(
      () => {
        logger.info('the gateway is closed');
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the gateway closed with faults');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

/** A defect ends the process, as it must; but what Node would print of it may quote what somebody sent. */
function endOnDefects(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'a defect ended the gateway');
    process.exit(1);
  });
}
