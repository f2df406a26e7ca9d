// SPDX-License-Identifier: Apache-2.0
import { cpus, loadavg, release, totalmem } from 'node:os';

/** On what was measured; a figure without it means nothing. */
export function describeMachine(): Readonly<Record<string, string | number>> {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** What these measurements leave out, said with every result. */
export const NOT_MEASURED: readonly string[] = [
  'real networks: every hospital is on this machine, on loopback',
  'disks of their own: all hospitals share one',
  'more than one reader’s device: client, gateways, peers and custodians share the cores',
  'long runs, large ledgers and cold caches',
  'FAME with policies other than conjunctions, whose decryption is the fastest case for FAME',
];
