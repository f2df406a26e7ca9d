// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { repositoryDir } from '../support/repository.js';

const bundler = z.object({
  bundle: z.function({ input: [z.object({ entry: z.string(), outfile: z.string() })] }),
});

/** Bundles the product's chaincode with one contract more, `raw`, and returns the file; the product's own bundle stays as it is. */
export async function bundleWithRawPut(): Promise<string> {
  const folder = join(repositoryDir, '.tutela', 'bench-chaincode');
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, 'tutela-with-raw.cjs');
  const script = pathToFileURL(join(repositoryDir, 'chaincode', 'bundle.mjs')).href;
  const { bundle } = bundler.parse(await import(script));
  await bundle({ entry: join(repositoryDir, 'test', 'dist', 'bench', 'raw-server.js'), outfile });
  return outfile;
}
