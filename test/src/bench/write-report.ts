// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawCharts } from './charts.js';
import type { Figures } from './figures.js';
import { renderReport } from './report.js';

/** Writes a run into a folder: `report.md`, `figures.json` and the plots. */
export function writeReport(folder: string, figures: Figures): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
  };
  write('report.md', renderReport(figures));
  write('figures.json', `${JSON.stringify(figures, null, 2)}\n`);
  for (const [name, svg] of drawCharts(figures)) write(name, svg);
}
