// SPDX-License-Identifier: Apache-2.0
// Measures the product beside raw Fabric and raw IPFS:
// `node test/dist/bench/main.js [--quick] [--only section,…] [--reads n] [--idle-minutes n] [--json] [--write folder] [--keep]`.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryDir } from '../support/repository.js';
import { headline, isBroken } from './figures.js';
import { planOf } from './plan.js';
import { renderReport } from './report.js';
import { runBench } from './run-bench.js';
import { writeReport } from './write-report.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    reads: { type: 'string' },
    'idle-minutes': { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'string', default: join(repositoryDir, '.tutela', 'benchmarks') },
    state: { type: 'string', default: join(repositoryDir, '.tutela', 'bench') },
    keep: { type: 'boolean', default: false },
  },
});
const started = performance.now();
const figures = await runBench({
  state: resolve(values.state),
  plan: planOf({ ...values, idleMinutes: values['idle-minutes'] }),
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
