// SPDX-License-Identifier: Apache-2.0
// Bundles the compiled chaincode server into one file whose digest the consortium agrees on.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const workspace = dirname(fileURLToPath(import.meta.url));
const root = dirname(workspace);
const dist = process.argv[2] ?? join(workspace, 'dist');
const bundle = join(dist, 'tutela-chaincode.cjs');
const digestFile = join(dist, 'tutela-chaincode.sha256');
const inputsFile = join(dist, 'tutela-chaincode.inputs.json');

/** The output says nothing of where it was built, so that every hospital gets the same bytes. */
const options = {
  absWorkingDir: root,
  entryPoints: [relative(root, join(workspace, 'dist', 'server.js'))],
  outfile: bundle,
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

if (await isCurrent()) process.exit(0);
const { outputFiles, metafile } = await build(options);
const [file] = outputFiles;
if (file === undefined) throw new Error('esbuild made no file');
await writeFile(bundle, file.contents);
await writeFile(digestFile, `${sha256(file.contents)}\n`);
await writeFile(inputsFile, JSON.stringify(await fingerprints(Object.keys(metafile.inputs))));

async function isCurrent() {
  try {
    const known = JSON.parse(await readFile(inputsFile, 'utf8'));
    const digest = (await readFile(digestFile, 'utf8')).trim();
    if (sha256(await readFile(bundle)) !== digest) return false;
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
