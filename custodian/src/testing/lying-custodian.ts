// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { ReleaseService } from '../release/release-service.js';
import { startCustodianWith, type RunningCustodian } from '../compose.js';
import { configFrom, type Config } from '../config/config.js';
import type { Custodian } from '../custodian.js';
import { peerRoutes, releaseRoute } from '../server/routes.js';
import type { Route } from '../server/http.js';

/** How a custodian lies: with another share than its own. The reply itself is signed as it should be. */
export type Lie = 'share';

/** Routes of a custodian that tells the truth about everything but its share. */
export function lyingRoutes(custodian: Custodian): readonly Route[] {
  const { chain, journal, refusals, counters, monitor, identity } = custodian;
  const secret = wrongScalar();
  const releases = new ReleaseService({
    chain,
    journal,
    refusals,
    identity,
    counters,
    monitor: { ...monitor, shareOf: (set) => ({ ...monitor.shareOf(set), secret }) },
  });
  return [releaseRoute(releases), ...peerRoutes(custodian)];
}

/**
 * Runs a lying custodian in the place of an honest one that was stopped: on its address, with its TLS files, its
 * identity and its disk.
 */
export function startLyingCustodian({
  config,
  env,
}: Readonly<{
  config?: Config;
  env?: Readonly<Record<string, string | undefined>>;
  lie?: Lie;
}>): Promise<RunningCustodian> {
  return startCustodianWith(config ?? configFrom(env ?? {}), lyingRoutes);
}

/** Some other scalar below the group's order (its highest bits are zero). */
function wrongScalar(): Uint8Array {
  const scalar = new Uint8Array(randomBytes(32));
  scalar[31] = (scalar[31] ?? 0) & 0x0f;
  return scalar;
}
