// SPDX-License-Identifier: Apache-2.0
import type { Consortium, Hospital } from './consortium.js';
import { nodeMetrics } from './node-metrics.js';

/** The hospital whose orderer leads, by its own metrics; throws while none does. */
export async function raftLeader(consortium: Consortium): Promise<Hospital> {
  for (const hospital of consortium.hospitals) {
    const metrics = await nodeMetrics(consortium, hospital, 'orderer');
    if (/^consensus_etcdraft_is_leader\{[^}]*\} 1$/m.test(metrics ?? '')) return hospital;
  }
  throw new Error('no orderer leads');
}
