// SPDX-License-Identifier: Apache-2.0
import { startCeremony } from './ceremony/start-ceremony.js';
import { isRefreshDue, RefreshSchedule } from './ceremony/refresh-schedule.js';
import type { Custodian, CustodianPorts, CustodianSettings } from './custodian.js';
import { postDegraded } from './degraded/degraded-poster.js';
import type { Chain } from './ledger/chain.js';
import { entriesOf } from './ledger/chain.js';
import { watchClaimedIds } from './ledger/claimed-ids.js';
import { followLedger } from './ledger/follow.js';
import { failureCode } from './log.js';
import { registerSelf } from './register.js';
import { sightActs } from './sightings/sight-acts.js';

const DIRECTORY_INTERVAL_MS = 60_000;
const SCHEDULE_INTERVAL_MS = 3_600_000;

type Running = Readonly<{
  custodian: Custodian;
  chain: Chain;
  ports: CustodianPorts;
  settings: CustodianSettings;
}>;

/** Runs a custodian's own work until the signal; returns when all of it has ended. */
export async function runCustodian(running: Running, signal: AbortSignal): Promise<void> {
  const { custodian, chain, ports, settings } = running;
  const { ledger, identity, clock, log } = ports;
  keepDirectory(running, signal);
  keepSchedule(running, signal);
  watchClaimedIds({ chain, clock, log }, signal);
  custodian.announcer.start(signal);
  custodian.heart.start(signal);
  custodian.holds.start(signal);
  custodian.ceremonies.start(signal);
  custodian.reconciliation.start(signal);
  await custodian.degraded.service.recover();
  await Promise.all([
    postDegraded({ ledger, chain, ...custodian.degraded, clock, log }, signal),
    followLedger({ ledger, chain, log }, signal),
    sightActs({ ledger, chain, log }, signal),
    registerSelf({ ledger, chain, identity, url: settings.url, log }, signal),
  ]);
  await Promise.all([custodian.heart.settled(), custodian.ceremonies.settled()]);
}

/** Knows who the other custodians are: now, when one registers, and every minute. */
function keepDirectory({ custodian, chain, ports: { log } }: Running, signal: AbortSignal): void {
  const refresh = (): void => {
    custodian.directory.refresh().then(
      () => {
        custodian.announcer.announce();
      },
      (error: unknown) => {
        log.warn({ code: failureCode(error) }, 'the custodians could not be listed');
      },
    );
  };
  const stop = chain.onBlock((block) => {
    if (entriesOf(block).some(({ act }) => act === 'custodian-registered')) refresh();
  });
  every(DIRECTORY_INTERVAL_MS, refresh, signal);
  signal.addEventListener('abort', stop, { once: true });
  refresh();
}

/** Starts the refresh of shares when its time has come. */
function keepSchedule({ custodian, chain, ports, settings }: Running, signal: AbortSignal): void {
  const { ledger, clock, log } = ports;
  const { mspId } = ledger;
  const schedule = new RefreshSchedule({
    ...{ mspId, clock, log },
    isOpen: async () => (await custodian.ceremonies.open()) !== undefined,
    isDue: async () => {
      const active = await custodian.custody.refresh();
      return isRefreshDue(active, { mspId, now: clock(), refreshMs: settings.refreshMs });
    },
    begin: async () => {
      const active = await custodian.custody.refresh();
      const registered = custodian.directory.all().map((one): string => one.mspId);
      const livePeers = custodian.freshness.livePeers();
      return startCeremony(ledger, { kind: 'refresh' }, { active, registered, livePeers });
    },
  });
  const stop = chain.onBlock((block) => {
    schedule.onBlock(block);
  });
  signal.addEventListener('abort', stop, { once: true });
  every(SCHEDULE_INTERVAL_MS, () => void schedule.look(), signal);
}

function every(intervalMs: number, act: () => void, signal: AbortSignal): void {
  const timer = setInterval(act, intervalMs);
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(timer);
    },
    { once: true },
  );
}
