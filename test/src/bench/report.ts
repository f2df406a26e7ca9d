// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryDir } from '../support/repository.js';
import type { UnlockFigures } from './custody-crypto.js';
import type { LargeRecordFigures } from './large-record.js';
import { drawBars } from './plots.js';
import type { RaceFigures } from './races.js';
import { round, type Sample } from './statistics.js';
import type { ThroughputFigures } from './throughput.js';
import type { TransferFigures } from './transfer.js';

/** Everything that one run measured. */
export interface Figures {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly notMeasured: readonly string[];
  readonly unlock: UnlockFigures;
  readonly unlockOnline: Sample;
  readonly transfers: readonly TransferFigures[];
  readonly large: LargeRecordFigures;
  readonly throughput: ThroughputFigures;
  readonly races: RaceFigures;
}

const MIB = 1024 * 1024;
const folder = join(repositoryDir, 'docs', 'benchmarks');

/** The one line that machines read. */
export function headline({ unlock, unlockOnline, transfers, large, throughput, races }: Figures): object {
  const oneMib = transfers.find(({ bytes }) => bytes === MIB);
  const fame = unlock.fame['10']?.p50 ?? Number.NaN;
  return {
    store1MbRatio: oneMib?.storeRatio,
    open1MbRatio: oneMib?.openRatio,
    memoryGrowth1GbMb: Math.max(large.growthMib.storing, large.growthMib.opening, large.growthMib.client),
    memoryMeasuredAtBytes: large.bytes,
    grantTpsRatio: throughput.ratio,
    grantTps: throughput.grantTps,
    staleOpens: races.stale,
    racedReads: races.reads,
    unlockToFame10Ratio: round((unlock.threshold['3']?.p50 ?? Number.NaN) / fame),
    unlockOnlineP50Ms: unlockOnline.p50,
    releasesPerSecond: unlock.releasesPerSecond,
  };
}

/** Writes the figures and their plots into docs/benchmarks. */
export function writeReport(figures: Figures): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(figures, null, 2)}\n`);
  const sizes = figures.transfers.map(({ bytes }) => sizeName(bytes));
  const median = (of: (each: TransferFigures) => number) => figures.transfers.map((each) => round(of(each)));
  writeFileSync(
    join(folder, 'store.svg'),
    drawBars({
      title: 'Storing a record, median',
      groups: sizes,
      series: [
        { name: 'Tutela', values: median(({ store }) => store.p50) },
        { name: 'raw put + raw add', values: median(({ rawPut, rawAdd }) => rawPut.p50 + rawAdd.p50) },
      ],
    }),
  );
  writeFileSync(
    join(folder, 'open.svg'),
    drawBars({
      title: 'Opening a record, median',
      groups: sizes,
      series: [
        { name: 'Tutela', values: median(({ open }) => open.p50) },
        { name: 'raw put + raw cat', values: median(({ rawPut, rawCat }) => rawPut.p50 + rawCat.p50) },
      ],
    }),
  );
  writeFileSync(join(folder, 'unlock.svg'), drawUnlock(figures.unlock));
}

/** The figures as lines for people. */
export function describe({
  transfers,
  large,
  throughput,
  races,
  unlock,
  unlockOnline,
}: Figures): readonly string[] {
  const line = (name: string, { p50, p95, p99 }: Sample) =>
    `  ${name.padEnd(34)} p50 ${p50} ms   p95 ${p95} ms   p99 ${p99} ms`;
  return [
    ...transfers.flatMap((each) => [
      `${sizeName(each.bytes)}: store ${each.storeRatio} × (raw put + raw add), open ${each.openRatio} × (raw put + raw cat)`,
      line('store', each.store),
      line('open', each.open),
      line('raw put', each.rawPut),
      line('raw add', each.rawAdd),
      line('raw cat', each.rawCat),
    ]),
    `${sizeName(large.bytes)}: stored in ${large.storeMs} ms, opened in ${large.openMs} ms; memory above idle: ${JSON.stringify(large.growthMib)} MiB`,
    `grants ${throughput.grantTps}/s beside raw puts ${throughput.rawPutTps}/s: ${throughput.ratio}`,
    `races: ${races.reads} readings, ${races.revocations} revocations, ${races.opened} opened in time, ${races.stale} stale`,
    'unlock, cryptographic part at the reader:',
    ...Object.entries(unlock.threshold).map(([count, sample]) => line(`${count} custodians`, sample)),
    ...Object.entries(unlock.fame).map(([count, sample]) => line(`FAME, ${count} attributes`, sample)),
    line('RSA-4096-OAEP', unlock.rsa4096Oaep),
    line('on the consortium, intent to content', unlockOnline),
    `one custodian: ${unlock.releasesPerSecond} releases/s; refresh ${JSON.stringify(unlock.refreshMs)} ms, reshare ${JSON.stringify(unlock.reshareMs)} ms by size of the set`,
  ];
}

function drawUnlock({ threshold, fame, rsa4096Oaep }: UnlockFigures): string {
  const entries = [
    ...Object.entries(threshold).map(([count, { p50 }]) => [`${count} custodians`, p50] as const),
    ...Object.entries(fame).map(([count, { p50 }]) => [`FAME, ${count}`, p50] as const),
    ['RSA-4096', rsa4096Oaep.p50] as const,
  ];
  return drawBars({
    title: 'Unlocking one key at the reader, median',
    groups: entries.map(([name]) => name),
    series: [{ name: 'unlock', values: entries.map(([, value]) => value) }],
  });
}

function sizeName(bytes: number): string {
  if (bytes >= 1024 * MIB) return `${bytes / MIB / 1024} GiB`;
  return bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / 1024} KiB`;
}
