// SPDX-License-Identifier: Apache-2.0
import type { Ratio, Sample } from './statistics.js';

/** A Markdown table with a heading before it and an empty line behind it. */
export function table(
  heading: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [`## ${heading}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''];
}

/** Columns of {@link sampleCells}. */
export const SAMPLE_COLUMNS = ['runs', 'p50', 'p95', 'p99', 'middle half'] as const;

/** A sample as cells of a table. */
export function sampleCells({ runs, p50, p95, p99, iqr }: Sample): readonly number[] {
  return [runs, p50, p95, p99, iqr];
}

/** A ratio with its interval. */
export function ratioText({ value, low, high }: Ratio): string {
  return `${value} (${low} to ${high})`;
}
