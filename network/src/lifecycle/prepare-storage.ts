// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import {
  clusterSecretText,
  describeCluster,
  describeKubo,
  parseRestCredentials,
  swarmKeyText,
  type ConfiguredNode,
  type Json,
  type NodeDescription,
} from '@tutela/ipfs-cluster/nodes';
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import { clusterSettings, kuboSettings } from '../plan/storage-processes.js';
import { runOrThrow } from '../process/run.js';
import { hospitals, type Bringing } from './context.js';
import { exists, keptSecret, makeFolder, writeIfChanged } from './files.js';

const sharedSecretBytes = 32;
const passwordBytes = 24;
const initTimeoutMs = 60_000;

/** A hospital's storage nodes, ready to start. */
export interface StorageNodes {
  readonly context: HospitalContext;
  readonly kubo: ConfiguredNode;
  readonly cluster: ConfiguredNode;
}

/** Makes the swarm's secrets, initialises every Kubo node and cluster peer once, and closes their configuration. */
export async function prepareStorage({ inputs, ...rest }: Bringing): Promise<readonly StorageNodes[]> {
  const all = hospitals({ inputs, ...rest });
  const swarmKey = await keptSecret(inputs.layout.swarmKey, () =>
    swarmKeyText(randomBytes(sharedSecretBytes)),
  );
  const secret = await keptSecret(inputs.layout.clusterSecret, () =>
    clusterSecretText(randomBytes(sharedSecretBytes)),
  );
  const kubos = all.map((context) => describeKubo(kuboSettings(context)));
  const clusters = all.map((context) => describeCluster(clusterSettings(context)));
  const kuboIds = await Promise.all(all.map((context, index) => initialise(context, at(kubos, index), {})));
  const env = { CLUSTER_SECRET: secret };
  const clusterIds = await Promise.all(
    all.map((context, index) => initialise(context, at(clusters, index), env)),
  );
  const kuboPeers = all.map((context, index) => ({
    peerId: at(kuboIds, index),
    swarm: kuboSettings(context).swarm,
  }));
  const clusterPeers = all.map((context, index) => ({
    hospital: context.hospital.id,
    peerId: at(clusterIds, index),
    listen: clusterSettings(context).listen,
  }));
  return Promise.all(
    all.map(async (context, index) => {
      const credentials = parseRestCredentials(await restCredentials(context));
      const kubo = at(kubos, index).configure(kuboPeers, { swarmKey });
      const cluster = at(clusters, index).configure(clusterPeers, { secret, credentials });
      await configure(kubo);
      await configure(cluster);
      return { context, kubo, cluster };
    }),
  );
}

/** What each cluster peer reads at its start, by hospital: SHA-256 over its configuration files. */
export async function readAtStart(nodes: readonly StorageNodes[]): Promise<Readonly<Record<string, string>>> {
  const entries = nodes.map(async ({ cluster, context }) => {
    const hash = createHash('sha256');
    for (const { path } of cluster.edits) hash.update(await readFile(path));
    return [context.hospital.id, hash.digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function restCredentials({ at: layout }: HospitalContext): Promise<string> {
  return keptSecret(
    layout.clusterCredentialsFile,
    () => `tutela:${randomBytes(passwordBytes).toString('base64url')}`,
  );
}

async function initialise<Peer, Secrets>(
  context: HospitalContext,
  description: NodeDescription<Peer, Secrets>,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { folders, identity, init } = description;
  for (const { path } of folders) await makeFolder(path);
  if (!(await exists(init.creates))) {
    await rm(init.folder, { recursive: true, force: true });
    await makeFolder(init.folder);
    await runOrThrow({
      command: context.program(init.run.program),
      args: init.run.args,
      env: { ...init.run.env, ...env },
      cwd: init.folder,
      timeoutMs: initTimeoutMs,
    });
  }
  return identity.peerId(await readJson(identity.path));
}

async function configure({ edits, files }: ConfiguredNode): Promise<void> {
  for (const { path, text } of files) await writeIfChanged(path, text);
  for (const { path, edit } of edits) {
    const before = await readJson(path);
    const after = edit(before);
    if (JSON.stringify(before) !== JSON.stringify(after))
      await writeIfChanged(path, JSON.stringify(after, undefined, 2));
  }
}

async function readJson(path: string): Promise<Json> {
  return JSON.parse(await readFile(path, 'utf8')) as Json;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined)
    throw new GroundError('STATE_DAMAGED', 'A hospital has no storage node in the plan.');
  return found;
}
