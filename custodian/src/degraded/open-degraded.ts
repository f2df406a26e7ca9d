// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import type { CustodianPorts, CustodianSettings } from '../custodian.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Holds } from '../holds/holds.js';
import type { Journal } from '../journal/journal.js';
import type { RefusalCounts } from '../journal/refusal-counts.js';
import type { Chain } from '../ledger/chain.js';
import { Remembered } from '../ledger/remembered.js';
import type { Counters } from '../metrics.js';
import { decodeDegradedContext } from '../monitor/decode-context.js';
import type { RateLimits } from '../monitor/rate-limits.js';
import type { Directory } from '../peers/directory.js';
import type { Custody } from '../share/custody.js';
import { DegradedService } from './degraded-service.js';
import { DegradedStore } from './degraded-store.js';

const state = z.looseObject({ mode: z.enum(['on', 'off']) });

/** What answers emergencies while the ledger stalls, and where it keeps them. */
export type Degraded = Readonly<{
  service: DegradedService;
  store: DegradedStore;
  /** As {@link Freshness.isStalledFor} with the custodian's patience. */
  isStalled: () => Promise<boolean>;
}>;

type Shared = Readonly<{
  ports: CustodianPorts;
  chain: Chain;
  journal: Journal;
  refusals: RefusalCounts;
  directory: Directory;
  custody: Custody;
  freshness: Freshness;
  holds: Holds;
  counters: Counters;
  limits: RateLimits;
}>;

/** Opens what this custodian keeps of such emergencies, and composes who answers them. */
export async function openDegraded(
  { ports, freshness, holds, directory, custody, ...parts }: Shared,
  { stateDir, patienceMs }: CustodianSettings,
): Promise<Degraded> {
  const { ledger, clock, identity } = ports;
  const store = await DegradedStore.open(join(stateDir, 'degraded'), ports.log);
  const configuration = new Remembered(() => ledger.memberAuthorities(), { chain: parts.chain, clock });
  const isStalled = shared(() => freshness.isStalledFor(patienceMs));
  const service = new DegradedService({
    ...parts,
    store,
    identity,
    clock,
    channel: ledger.channel,
    othersTime: () => freshness.othersTime(),
    isOn: async () => state.parse(await ledger.evaluate('degraded:GetMode', {})).mode === 'on',
    isStalled: async (how) => (how === 'now' ? freshness.isStalled() : isStalled()),
    readContext: async (question) =>
      decodeDegradedContext(await ledger.evaluate('degraded:GetContext', question)),
    authorities: () => configuration.get(ledger.channel),
    isIdentityHeld: holds.isIdentityHeld,
    isTaken: (requestHash) => store.find(requestHash) !== undefined,
    custodians: () => directory.all(),
    shareOf: (set) => custody.shareOf(set),
  });
  return { service, store, isStalled };
}

/** One question for everybody who asks while it is open: many who wait, wait no longer than one. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let open: Promise<T> | undefined;
  return () => {
    open ??= ask().finally(() => {
      open = undefined;
    });
    return open;
  };
}
