// SPDX-License-Identifier: Apache-2.0
// Bundles the compiled chaincode server into one file whose digest the consortium agrees on.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const workspace = dirname(fileURLToPath(import.meta.url));
const root = dirname(workspace);

/** The output says nothing of where it was built, so that every hospital gets the same bytes. */
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // Where links lead differs from checkout to checkout; the names under which files are found do not.
  preserveSymlinks: true,
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  write: false,
  logLevel: 'warning',
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundleProduct(process.argv[2] ?? join(workspace, 'dist'));

/** Bundles a compiled server into one file; returns its digest and what it was made from. */
export async function bundle({ entry, outfile }) {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [relative(root, entry)],
    outfile,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made no file');
  await writeFile(outfile, file.contents);
  return { digest: sha256(file.contents), inputs: Object.keys(metafile.inputs) };
}

async function bundleProduct(dist) {
  const outfile = join(dist, 'tutela-chaincode.cjs');
  const digestFile = join(dist, 'tutela-chaincode.sha256');
  const inputsFile = join(dist, 'tutela-chaincode.inputs.json');
  if (await isCurrent({ outfile, digestFile, inputsFile })) return;
  const { digest, inputs } = await bundle({ entry: join(workspace, 'dist', 'server.js'), outfile });
  await writeFile(digestFile, `${digest}\n`);
  await writeFile(inputsFile, JSON.stringify(await fingerprints(inputs)));
}

async function isCurrent({ outfile, digestFile, inputsFile }) {
  try {
    const known = JSON.parse(await readFile(inputsFile, 'utf8'));
    const digest = (await readFile(digestFile, 'utf8')).trim();
    if (sha256(await readFile(outfile)) !== digest) return false;
    return JSON.stringify(await fingerprints(Object.keys(known.files))) === JSON.stringify(known);
  } catch (error) {
    if (error instanceof SyntaxError || error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Digests of all inputs and of this script; a file's bytes count, its date does not. */
async function fingerprints(files) {
  const own = sha256(await readFile(fileURLToPath(import.meta.url)));
  const entries = await Promise.all(
    files.map(async (name) => [name, sha256(await readFile(join(root, name)))]),
  );
  return { own, files: Object.fromEntries(entries) };
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
