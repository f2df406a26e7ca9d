// SPDX-License-Identifier: Apache-2.0
// Adds to package-lock.json the optional packages of other platforms, which npm leaves out when it makes the lock on
// one platform and then misses on `npm ci`. Run it after every change of the lock: node scripts/complete-lock.mjs

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(path, 'utf8'));

function isLocked(parent, name) {
  for (let at = parent; ; at = at.slice(0, at.lastIndexOf('/node_modules/'))) {
    if (lock.packages[`${at}/node_modules/${name}`] !== undefined) return true;
    if (!at.includes('/node_modules/')) break;
  }
  return lock.packages[`node_modules/${name}`] !== undefined;
}

function missing() {
  const wanted = new Map();
  for (const [parent, { optionalDependencies = {} }] of Object.entries(lock.packages))
    for (const [name, range] of Object.entries(optionalDependencies))
      if (!isLocked(parent, name)) wanted.set(name, range);
  return wanted;
}

const PLATFORMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

// npm only needs to see that such a package is for another platform, and skips it.
function describe(name, range) {
  const words = name.split(/[-/.]/);
  const os = name === 'fsevents' ? ['darwin'] : PLATFORMS.filter((platform) => words.includes(platform));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length + cpu.length === 0) throw new Error(`${name} names no platform: lock it with npm instead`);
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(cpu.length > 0 && { cpu }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

for (let wanted = missing(); wanted.size > 0; wanted = missing())
  for (const [name, range] of wanted) {
    lock.packages[`node_modules/${name}`] = describe(name, range);
    console.log(`added ${name} ${range}`);
  }
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
