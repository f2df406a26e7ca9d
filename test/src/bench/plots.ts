// SPDX-License-Identifier: Apache-2.0
import { scaleBand, scaleLog } from 'd3-scale';

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { top: 48, right: 16, bottom: 48, left: 72 } as const;
const COLOURS = ['#1b6ca8', '#8fb8d6', '#b8651b', '#d9b48f'] as const;

/** Bars in groups on a logarithmic scale; values in milliseconds. */
export interface BarPlot {
  readonly title: string;
  readonly groups: readonly string[];
  readonly series: readonly Readonly<{ name: string; values: readonly number[] }>[];
}

/** The plot as an SVG document that needs nothing else. */
export function drawBars({ title, groups, series }: BarPlot): string {
  const values = series.flatMap((each) => each.values);
  const bottom = HEIGHT - MARGIN.bottom;
  const y = scaleLog()
    .domain([Math.min(...values) / 2, Math.max(...values) * 1.2])
    .range([bottom, MARGIN.top]);
  const x = scaleBand(groups, [MARGIN.left, WIDTH - MARGIN.right]).padding(0.2);
  const inner = scaleBand(
    series.map(({ name }) => name),
    [0, x.bandwidth()],
  ).padding(0.08);
  const bars = series.flatMap(({ name, values: heights }, position) =>
    groups.map((group, index) => {
      const value = heights[index] ?? 0;
      const left = (x(group) ?? 0) + (inner(name) ?? 0);
      const label = `${group}, ${name}: ${value} ms`;
      return `<rect x="${px(left)}" y="${px(y(value))}" width="${px(inner.bandwidth())}" height="${px(bottom - y(value))}" fill="${colour(position)}"><title>${label}</title></rect>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14">${title} (ms, logarithmic)</text>`,
    ...y.ticks(5).map((tick) => axisLine(tick, y(tick))),
    ...bars,
    ...groups.map(
      (group) =>
        `<text x="${px((x(group) ?? 0) + x.bandwidth() / 2)}" y="${bottom + 18}" text-anchor="middle">${group}</text>`,
    ),
    ...series.map(({ name }, position) => legend(name, position)),
    '</svg>',
    '',
  ].join('\n');
}

function axisLine(tick: number, at: number): string {
  const line = `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${px(at)}" y2="${px(at)}" stroke="#dddddd"/>`;
  const isLabelled = /^[125]0*$/.test(String(tick)) || tick < 1;
  return isLabelled
    ? `${line}<text x="${MARGIN.left - 8}" y="${px(at + 4)}" text-anchor="end">${tick}</text>`
    : line;
}

function legend(name: string, position: number): string {
  const left = MARGIN.left + position * 150;
  return `<rect x="${left}" y="30" width="10" height="10" fill="${colour(position)}"/><text x="${left + 14}" y="39">${name}</text>`;
}

function colour(position: number): string {
  return COLOURS[position % COLOURS.length] ?? COLOURS[0];
}

function px(value: number): string {
  return value.toFixed(1);
}
