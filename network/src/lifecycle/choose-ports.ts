// SPDX-License-Identifier: Apache-2.0
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import { cacheDir } from '../tools/cache.js';
import { allPorts, firstAutomaticBase, portsPerHospital } from '../topology/ports.js';
import type { Topology } from '../topology/topology.js';
import { exists } from './files.js';

/** Blocks are this far apart, so that the ports of two consortia never interleave. */
const blockSize = 16 * portsPerHospital;
const lastBase = 31_000;

const claim = z.strictObject({ state: z.string() });

/** Chooses the ports of a new consortium: those of the topology, or the first block that is free and not promised to another. */
export async function choosePorts(topology: Topology, root: string, env: NodeJS.ProcessEnv): Promise<number> {
  if (topology.ports !== 'auto') return topology.ports.base;
  const claims = join(cacheDir(env), 'ports');
  await mkdir(claims, { recursive: true });
  for (let base = firstAutomaticBase; base <= lastBase; base += blockSize) {
    if (!(await claimBlock(join(claims, `${base}.json`), root))) continue;
    if ((await takenPorts(allPorts(base, topology.hospitals.length))).length === 0) return base;
    await rm(join(claims, `${base}.json`), { force: true });
  }
  throw new GroundError('PORTS_TAKEN', 'No block of free ports was found.', {
    advice: 'End other consortia, or name a base port in the topology file.',
  });
}

/** Returns those of the ports on which something listens already. */
export async function takenPorts(ports: readonly number[]): Promise<readonly number[]> {
  const free = await Promise.all(ports.map(isFree));
  return ports.filter((_, index) => free[index] === false);
}

/** Refuses ports on which something listens already. @throws GroundError PORTS_TAKEN. */
export async function refuseTaken(ports: readonly number[]): Promise<void> {
  const taken = await takenPorts(ports);
  if (taken.length === 0) return;
  throw new GroundError('PORTS_TAKEN', `Something else listens on the loopback ports ${taken.join(', ')}.`, {
    advice:
      'End that program (see `ss -tlnp`), or use another state folder or base port; `tutela doctor` says more.',
  });
}

/** Promises a block to a state folder; a promise to a folder that is gone is void. */
async function claimBlock(file: string, root: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ state: root }));
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const holder = claim.safeParse(JSON.parse(await readFile(file, 'utf8').catch(() => 'null')));
  if (holder.success && holder.data.state === root) return true;
  if (holder.success && (await exists(join(holder.data.state, 'topology.yaml')))) return false;
  await rm(file, { force: true });
  return claimBlock(file, root);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
