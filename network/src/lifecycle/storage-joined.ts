// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import type { Probe, ProbeAnswer } from '@tutela/ipfs-cluster/nodes';
import { request } from 'undici';
import { GroundError } from '../errors.js';
import { askSocket } from '../process/socket-client.js';
import { waitFor } from '../process/wait.js';
import type { StorageNodes } from './prepare-storage.js';

const probeTimeoutMs = 3_000;
const joinTimeoutMs = 60_000;

/** Waits until every hospital's storage nodes are connected to all others. */
export async function waitUntilJoined(nodes: readonly StorageNodes[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      for (const probe of [...node.kubo.joined, ...node.cluster.joined]) await waitForProbe(node, probe);
    }),
  );
}

async function waitForProbe(node: StorageNodes, probe: Probe): Promise<void> {
  const joined = await waitFor(async () => ((await holds(node, probe)) ? true : undefined), {
    timeoutMs: joinTimeoutMs,
    intervalMs: 250,
  });
  if (joined !== undefined) return;
  throw new GroundError(
    'PROCESS_NOT_READY',
    `The storage of ${node.context.hospital.name} is not joined to the others (${probe.path}).`,
    {
      advice: 'See `tutela status`, and `tutela logs` for the kinds kubo and cluster.',
    },
  );
}

async function holds({ context }: StorageNodes, probe: Probe): Promise<boolean> {
  try {
    return probe.satisfied(await ask(probe, context.at.clusterCredentialsFile));
  } catch {
    // Not answering, or not with JSON yet, is the same as not joined: the caller asks again until its deadline.
    return false;
  }
}

async function ask({ method, path, target }: Probe, credentialsFile: string): Promise<ProbeAnswer> {
  if (target.kind === 'unix') {
    const { status, body } = await askSocket({
      socketPath: target.socketPath,
      method,
      path,
      timeoutMs: probeTimeoutMs,
    });
    return { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  }
  const credentials = Buffer.from((await readFile(credentialsFile, 'utf8')).trim()).toString('base64');
  const response = await request(`http://${target.host}:${target.port}${path}`, {
    method,
    headers: { authorization: `Basic ${credentials}` },
    headersTimeout: probeTimeoutMs,
    bodyTimeout: probeTimeoutMs,
  });
  return { status: response.statusCode, body: await response.body.text() };
}
