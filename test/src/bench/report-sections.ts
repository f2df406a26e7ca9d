// SPDX-License-Identifier: Apache-2.0
import type { UnlockFigures } from './custody-crypto.js';
import type { Figures } from './figures.js';
import type { IdleGrowthFigures } from './idle-growth.js';
import type { LargeRecordFigures } from './large-record.js';
import type { RaceFigures } from './races.js';
import { ratioText, SAMPLE_COLUMNS, sampleCells, table } from './report-table.js';
import type { Sample } from './statistics.js';
import type { ThroughputFigures } from './throughput.js';
import type { TransferFigures } from './transfer.js';

const MIB = 1024 * 1024;

/** The sections of a report, in order; those that were not measured are left out. */
export function sectionLines(figures: Figures): readonly string[] {
  const { transfers, memory, grants, unlock, unlockOnline, races, idleGrowth } = figures;
  return [
    ...(transfers === undefined ? [] : transferLines(transfers)),
    ...(memory === undefined ? [] : memoryLines(memory)),
    ...(grants === undefined ? [] : grantLines(grants)),
    ...(unlock === undefined ? [] : unlockLines(unlock)),
    ...(unlockOnline === undefined ? [] : onlineUnlockLines(unlockOnline)),
    ...(races === undefined ? [] : raceLines(races)),
    ...(idleGrowth === undefined ? [] : idleLines(idleGrowth)),
  ];
}

/** A number of bytes as people say it. */
export function sizeName(bytes: number): string {
  if (bytes >= 1024 * MIB) return `${bytes / MIB / 1024} GiB`;
  return bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / 1024} KiB`;
}

function transferLines(transfers: readonly TransferFigures[]): readonly string[] {
  return [
    ...table(
      'Storing and opening beside raw Fabric and raw IPFS',
      ['size', 'store ÷ (raw put + raw add)', 'open ÷ (raw put + raw cat)'],
      transfers.map(({ bytes, storeRatio, openRatio }) => [
        sizeName(bytes),
        ratioText(storeRatio),
        ratioText(openRatio),
      ]),
    ),
    ...table(
      'Times (ms)',
      ['size', 'what', ...SAMPLE_COLUMNS],
      transfers.flatMap(({ bytes, store, rawPut, rawAdd, open, rawCat }) =>
        Object.entries({ store, open, 'raw put': rawPut, 'raw add': rawAdd, 'raw cat': rawCat }).map(
          ([name, sample]) => [sizeName(bytes), name, ...sampleCells(sample)],
        ),
      ),
    ),
  ];
}

function memoryLines({ bytes, storeMs, openMs, idleMib, growthMib }: LargeRecordFigures): readonly string[] {
  return table(
    `Memory while one record of ${sizeName(bytes)} is stored and opened (MiB)`,
    ['process', 'idle', 'most above idle', 'time (ms)'],
    [
      ['gateway that stores', idleMib.storing, growthMib.storing, storeMs],
      ['gateway that opens', idleMib.opening, growthMib.opening, openMs],
      ['client', idleMib.client, growthMib.client, ''],
    ],
  );
}

function grantLines({ grantTps, rawPutTps, ratio, failed }: ThroughputFigures): readonly string[] {
  return [
    ...table(
      'Consents granted per second beside raw puts',
      ['what', ...SAMPLE_COLUMNS, 'failed'],
      [
        ['grants', ...sampleCells(grantTps), failed.grants],
        ['raw puts', ...sampleCells(rawPutTps), failed.puts],
      ],
    ),
    `Grants ÷ raw puts: ${ratioText(ratio)}`,
    '',
  ];
}

function unlockLines(unlock: UnlockFigures): readonly string[] {
  const rows = (name: (count: string) => string, samples: UnlockFigures['fame']) =>
    Object.entries(samples).map(([count, sample]) => [name(count), ...sampleCells(sample)]);
  return [
    ...table(
      'Unlocking one key, cryptographic part in one process (ms)',
      ['what', ...SAMPLE_COLUMNS],
      [
        ...rows((count) => `reader, ${count} custodians`, unlock.threshold),
        ...rows((count) => `reader and one custodian, of ${count}`, unlock.thresholdWithRelease),
        ...rows((count) => `FAME, ${count} attributes`, unlock.fame),
        ['RSA-4096-OAEP', ...sampleCells(unlock.rsa4096Oaep)],
      ],
    ),
    `One custodian releases ${unlock.releasesPerSecond} shares per second on one core.`,
    '',
    ...table(
      'Ceremonies, work of one custodian (ms)',
      ['custodians', 'refresh', 'reshare to one more'],
      Object.entries(unlock.refreshMs).map(([count, ms]) => [
        count,
        ms,
        unlock.reshareMs[count] ?? Number.NaN,
      ]),
    ),
  ];
}

function onlineUnlockLines(samples: Readonly<Record<string, Sample>>): readonly string[] {
  return table(
    'From a committed intent to the content, on the consortium (ms)',
    ['custodians', ...SAMPLE_COLUMNS],
    Object.entries(samples).map(([count, sample]) => [count, ...sampleCells(sample)]),
  );
}

function raceLines(races: RaceFigures): readonly string[] {
  const { reads, revocations, opened, underWay, begunAfter, stale, releasedAfterHold, holds } = races;
  return [
    ...table(
      'Readings racing revocations',
      ['fault', 'revocation', 'revocations', 'readings', 'opened', 'begun after', 'stale'],
      races.scenarios.map((each) => [
        each.fault,
        each.way,
        each.revocations,
        each.reads,
        each.opened,
        each.begunAfter,
        each.stale,
      ]),
    ),
    `${reads} requests for content raced ${revocations} revocations: ${opened} were answered, ${underWay} were on their way when the revocation took effect, ${begunAfter} began after it, **${stale} were stale**. Custodians wrote down ${holds} holds and released ${releasedAfterHold} times after one. Seed ${races.seed}.`,
    '',
  ];
}

function idleLines({
  minutes,
  heights,
  mbPerHospitalAndDay,
  hospitals,
}: IdleGrowthFigures): readonly string[] {
  return [
    ...table(
      `What ${minutes} idle minutes write (bytes)`,
      ['hospital', 'growth of files', 'by store', 'written by processes'],
      hospitals.map(({ hospital, bytes, stores, writtenBytes }) => [
        hospital,
        bytes,
        namedNumbers(stores),
        namedNumbers(writtenBytes),
      ]),
    ),
    `Height of the ledger before and after: ${heights.join(', ')}. At most ${mbPerHospitalAndDay} MB per hospital and day.`,
    '',
  ];
}

function namedNumbers(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .map(([name, number]) => `${name} ${number}`)
    .join(', ');
}
