// SPDX-License-Identifier: Apache-2.0
import type { Figures } from './figures.js';
import { drawBars } from './plots.js';
import { sizeName } from './report-sections.js';
import { round } from './statistics.js';
import type { TransferFigures } from './transfer.js';

/** The plots of a run, by file name; sections that were not measured have none. */
export function drawCharts(figures: Figures): ReadonlyMap<string, string> {
  const { transfers = [], unlock } = figures;
  const charts = new Map<string, string>();
  if (transfers.length > 0) {
    charts.set('store.svg', drawStore(transfers));
    charts.set('open.svg', drawOpen(transfers));
  }
  if (unlock !== undefined) charts.set('unlock.svg', drawUnlock(unlock));
  return charts;
}

function drawStore(transfers: readonly TransferFigures[]): string {
  return drawBars({
    title: 'Storing a record, median',
    groups: transfers.map(({ bytes }) => sizeName(bytes)),
    series: [
      { name: 'Tutela', values: transfers.map(({ store }) => store.p50) },
      {
        name: 'raw put + raw add',
        values: transfers.map(({ rawPut, rawAdd }) => round(rawPut.p50 + rawAdd.p50)),
      },
    ],
  });
}

function drawOpen(transfers: readonly TransferFigures[]): string {
  return drawBars({
    title: 'Opening a record, median',
    groups: transfers.map(({ bytes }) => sizeName(bytes)),
    series: [
      { name: 'Tutela', values: transfers.map(({ open }) => open.p50) },
      {
        name: 'raw put + raw cat',
        values: transfers.map(({ rawPut, rawCat }) => round(rawPut.p50 + rawCat.p50)),
      },
    ],
  });
}

function drawUnlock({ threshold, fame, rsa4096Oaep }: NonNullable<Figures['unlock']>): string {
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
