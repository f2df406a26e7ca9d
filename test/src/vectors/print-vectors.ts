// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryDir } from '../support/repository.js';
import { ceremonyVectors } from './ledger-ceremonies.js';
import { productVectors } from './product-vectors.js';
import { storedRecordVector } from './stored-record.js';

// Run once per format version, from the compiled files: node test/dist/vectors/print-vectors.js
const files = {
  'crypto/vectors/product-v1.json': productVectors(),
  'docs/security/reader/record-v1.json': await storedRecordVector(),
  'docs/security/reader/ceremony-v1.json': await ceremonyVectors(),
};
for (const [path, vector] of Object.entries(files))
  writeFileSync(join(repositoryDir, path), `${JSON.stringify(vector, null, 2)}\n`);
