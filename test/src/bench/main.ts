// SPDX-License-Identifier: Apache-2.0
// Measures the product beside raw Fabric and raw IPFS: `npm run bench -- --help`.
import { resolve } from 'node:path';
import { readArguments } from './arguments.js';
import { headline, isBroken } from './figures.js';
import { renderReport } from './report.js';
import { runBench } from './run-bench.js';
import { writeReport } from './write-report.js';

const { plan, ...values } = readArguments();
const started = performance.now();
const figures = await runBench({
  state: resolve(values.state),
  plan,
  keep: values.keep,
  onProgress: (line) => {
    const seconds = Math.round((performance.now() - started) / 1_000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${line}\n`);
  },
});
writeReport(resolve(values.write), figures);
process.stdout.write(`${renderReport(figures)}\n`);
if (values.json) process.stdout.write(`${JSON.stringify(headline(figures))}\n`);
process.exitCode = isBroken(figures) ? 1 : 0;
