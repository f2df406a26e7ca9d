// SPDX-License-Identifier: Apache-2.0
// Measures the product beside raw Fabric and raw IPFS: `node test/dist/bench/main.js [--quick] [--json] [--keep]`.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startConsortium } from '@tutela/network';
import { Consortium } from '../support/consortium.js';
import { repositoryDir } from '../support/repository.js';
import { measureUnlock } from './custody-crypto.js';
import { measureLargeRecord } from './large-record.js';
import { describeMachine, NOT_MEASURED } from './machine.js';
import { measureRaces } from './races.js';
import { bundleWithRawPut } from './raw-bundle.js';
import { describe, headline, writeReport, type Figures } from './report.js';
import { measureThroughput } from './throughput.js';
import { measureTransfer, type TransferFigures } from './transfer.js';
import { measureOnlineUnlock } from './unlock-online.js';
import { openWard, type Ward } from './ward.js';

const KIB = 1024;
const MIB = 1024 * KIB;

interface Plan {
  readonly sizes: readonly Readonly<{ bytes: number; runs: number }>[];
  readonly largeBytes: number;
  readonly unlockRuns: number;
  readonly throughputSeconds: number;
  readonly racedReads: number;
}

const QUICK: Plan = {
  sizes: [
    { bytes: 10 * KIB, runs: 15 },
    { bytes: MIB, runs: 25 },
    { bytes: 10 * MIB, runs: 5 },
  ],
  largeBytes: 1024 * MIB,
  unlockRuns: 100,
  throughputSeconds: 10,
  racedReads: 1_000,
};
const WHOLE: Plan = {
  sizes: [
    { bytes: 10 * KIB, runs: 100 },
    { bytes: MIB, runs: 100 },
    { bytes: 10 * MIB, runs: 30 },
    { bytes: 100 * MIB, runs: 8 },
  ],
  largeBytes: 1024 * MIB,
  unlockRuns: 1_000,
  throughputSeconds: 40,
  racedReads: 10_000,
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const figures = await measureAll(values.quick ? QUICK : WHOLE);
writeReport(figures);
say(['', ...describe(figures), '', 'not measured:', ...figures.notMeasured.map((line) => `  ${line}`), '']);
process.stdout.write(`${JSON.stringify(headline(figures))}\n`);

async function measureAll(plan: Plan): Promise<Figures> {
  const machine = describeMachine();
  say([`machine: ${JSON.stringify(machine)}`, `parameters: ${JSON.stringify(plan)}`]);
  const unlock = await measureUnlock(plan.unlockRuns);
  say(['unlock measured in one process']);
  const state = join(repositoryDir, '.tutela', 'bench');
  const running = await startConsortium({
    state,
    chaincodeFile: await bundleWithRawPut(),
    onProgress: progress,
  });
  const { chaincodeVersion, custodyThreshold, endorsements } = running.profile;
  const parameters = {
    ...plan,
    hospitals: running.profile.hospitals.length,
    chaincodeVersion,
    custodyThreshold,
    endorsements,
  };
  try {
    const ward = await openWard(await Consortium.open(state));
    const online = await measureOnline(ward, plan).finally(ward.close);
    return { machine, parameters, notMeasured: NOT_MEASURED, unlock, ...online };
  } finally {
    if (!values.keep) await running.stop();
  }
}

async function measureOnline(
  ward: Ward,
  plan: Plan,
): Promise<Pick<Figures, 'unlockOnline' | 'transfers' | 'large' | 'throughput' | 'races'>> {
  const transfers: TransferFigures[] = [];
  for (const { bytes, runs } of plan.sizes) {
    transfers.push(await measureTransfer(ward, bytes, runs));
    say([`${bytes} bytes measured: ${JSON.stringify(transfers.at(-1))}`]);
  }
  const unlockOnline = await measureOnlineUnlock(ward, plan.unlockRuns);
  say([`unlock on the consortium measured: ${JSON.stringify(unlockOnline)}`]);
  const throughput = await measureThroughput(ward, plan.throughputSeconds);
  say([`grants measured: ${JSON.stringify(throughput)}`]);
  const races = await measureRaces(ward, plan.racedReads);
  say([`races measured: ${JSON.stringify(races)}`]);
  const large = await measureLargeRecord(ward, plan.largeBytes);
  return { unlockOnline, transfers, large, throughput, races };
}

function progress(line: string): void {
  say([line]);
}

function say(lines: readonly string[]): void {
  if (!values.json) process.stdout.write(`${lines.join('\n')}\n`);
  else process.stderr.write(`${lines.join('\n')}\n`);
}
