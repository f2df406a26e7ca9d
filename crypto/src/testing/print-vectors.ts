// SPDX-License-Identifier: Apache-2.0
import { makeVectors } from './vectors.js';

// Run once per format version: node dist/testing/print-vectors.js > vectors/frozen-v1.json
process.stdout.write(`${JSON.stringify(makeVectors(), null, 2)}\n`);
