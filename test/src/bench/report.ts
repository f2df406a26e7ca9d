// SPDX-License-Identifier: Apache-2.0
import { drawCharts } from './charts.js';
import type { Figures } from './figures.js';
import { sectionLines } from './report-sections.js';

/** A run as a Markdown page: machine, parameters, every section that was measured, and what was not. */
export function renderReport(figures: Figures): string {
  const { startedAt, minutes, machine, parameters, notMeasured } = figures;
  return [
    '# Benchmark report',
    '',
    `Written by \`npm run bench\`, begun ${startedAt}, ${minutes} minutes. How it is measured: \`docs/benchmarks/README.md\`.`,
    'Ratios are of medians, with the middle 95 % of what they are when their runs are drawn again.',
    '',
    ...sectionLines(figures),
    ...[...drawCharts(figures).keys()].map((name) => `![${name.replace('.svg', '')}](${name})`),
    '',
    '## Machine and parameters',
    '',
    '```json',
    JSON.stringify({ machine, parameters }, null, 2),
    '```',
    '',
    '## Not measured',
    '',
    ...notMeasured.map((line) => `- ${line}`),
    '',
  ].join('\n');
}
