// SPDX-License-Identifier: Apache-2.0

/** Counters by name and labels, in the text format of Prometheus. */
export class Counters {
  readonly #counts = new Map<string, number>();

  /** Adds to a counter; labels are codes from closed lists. */
  add(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    const series = seriesOf(name, labels);
    this.#counts.set(series, (this.#counts.get(series) ?? 0) + by);
  }

  /** All counters, and gauges as they are now. */
  render(gauges: Readonly<Record<string, number>>): string {
    const lines = [...this.#counts, ...Object.entries(gauges)].map(([series, value]) => `${series} ${value}`);
    return `${lines.join('\n')}\n`;
  }
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
