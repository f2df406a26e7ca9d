// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import {
  blockName,
  isVaultError,
  partDag,
  type OtherNodes,
  type StoredPart,
  type Vault,
  type VaultErrorCode,
} from '@tutela/ipfs-cluster';
import {
  ACCEPTED,
  startVaults,
  type Binaries,
  type RunningVaults,
  type VaultHospital,
} from '@tutela/ipfs-cluster/testing';
import { resolveBinaries } from '@tutela/network';
import { Client } from 'undici';

/** The programs may have to be compiled first. */
const START_MS = 900_000;

/** The storage programs, found or compiled as the product does it. */
export async function storageBinaries(): Promise<Binaries> {
  const { paths } = await resolveBinaries();
  const { ipfs, 'ipfs-cluster-service': clusterService } = paths;
  if (ipfs === undefined || clusterService === undefined) throw new Error('the storage programs are missing');
  return { ipfs, clusterService };
}

/** Three hospitals' storage nodes, by name. */
export interface ThreeVaults {
  readonly running: RunningVaults;
  readonly alder: VaultHospital;
  readonly birch: VaultHospital;
  readonly cedar: VaultHospital;
}

/** Starts the storage nodes of three hospitals for the tests of a file. */
export function useThreeVaults(): () => ThreeVaults {
  let started: ThreeVaults | undefined;
  beforeAll(async () => {
    const running = await startVaults(3, await storageBinaries());
    const [alder, birch, cedar] = running.hospitals;
    if (alder === undefined || birch === undefined || cedar === undefined) throw new Error('three hospitals');
    started = { running, alder, birch, cedar };
  }, START_MS);
  afterAll(() => started?.running.stop());
  return () => {
    if (started === undefined) throw new Error('the storage nodes are not started');
    return started;
  };
}

/** Adds a part at the first of the hospitals, and has all of them hold and enter it. */
export async function storePart(
  [author, ...others]: readonly [VaultHospital, ...VaultHospital[]],
  bytes: Uint8Array,
): Promise<StoredPart> {
  const part = await author.vault.addPart(bytes);
  for (const { vault } of others) await vault.hold(part.cid, ACCEPTED);
  for (const { vault } of [author, ...others]) await vault.pin(part.cid, ACCEPTED);
  return part;
}

/** Hospitals' own nodes, as their custodians answer for them; one whose node is away answers that it holds nothing. */
export function otherNodes(hospitals: readonly VaultHospital[]): OtherNodes {
  const vaultOf = (name: string): Vault => {
    const found = hospitals.find(({ hospital }) => hospital === name);
    if (found === undefined) throw new Error(`no hospital ${name}`);
    return found.vault;
  };
  return {
    keep: async (hospital, cids) => {
      const vault = vaultOf(hospital);
      const held = await Promise.allSettled(
        cids.map((cid) => vault.hold(cid, { ...ACCEPTED, deadlineMs: 15_000 })),
      );
      return cids.filter((_, index) => held[index]?.status === 'fulfilled');
    },
    kept: async (hospital, cids) => {
      const held = new Set(
        await vaultOf(hospital)
          .listHeld({ deadlineMs: 5_000 })
          .catch(() => []),
      );
      return cids.filter((cid) => held.has(cid));
    },
  };
}

/** Asks a hospital's Kubo node as its owner can. */
export async function askKubo({ kuboSocket }: VaultHospital, path: string): Promise<string> {
  const client = new Client('http://localhost', { connect: { socketPath: kuboSocket } });
  try {
    const { statusCode, body } = await client.request({ method: 'POST', path });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`Kubo answered ${String(statusCode)} to ${path}`);
    return text;
  } finally {
    await client.destroy();
  }
}

/** Changes a byte of a block on a hospital's disk; returns its file. */
export async function flipOneByte({ kuboFolder }: VaultHospital, block: string): Promise<string> {
  for (const file of await filesBelow(join(kuboFolder, 'repo', 'blocks'))) {
    const bytes = await readFile(file);
    if (blockName(partDag(bytes).cid) !== blockName(block)) continue;
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(file, bytes);
    return file;
  }
  throw new Error('the block is not on this disk');
}

/** Asks a hospital's cluster peer as its owner can. */
export async function askClusterPeer(
  { clusterUrl, credentials }: VaultHospital,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: FormData,
): Promise<Response> {
  const { user, password } = credentials;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return fetch(`${clusterUrl}${path}`, { method, headers: { authorization }, ...(body && { body }) });
}

/** The code with which a call is refused, or `none`. */
export async function refusalOf(call: Promise<unknown>): Promise<VaultErrorCode | 'none'> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (isVaultError(error)) return error.code;
    throw error;
  }
}

/** A socket of a process, as the kernel tells it: addresses as hexadecimal text of /proc/net. */
export interface ProcessSocket {
  readonly local: string;
  readonly remote: string;
}

/** All sockets of the given processes, of one protocol. */
export async function socketsOf(
  pids: readonly number[],
  protocol: 'tcp' | 'udp',
): Promise<readonly ProcessSocket[]> {
  const inodes = new Set((await Promise.all(pids.map(socketInodes))).flat());
  const tables = [protocol, `${protocol}6`].map((table) => readFile(join('/proc/net', table), 'utf8'));
  const rows = (await Promise.all(tables)).flatMap((table) => table.trim().split('\n').slice(1));
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => inodes.has(fields[9] ?? ''))
    .map((fields) => ({ local: addressOf(fields[1]), remote: addressOf(fields[2]) }));
}

/** Tells whether an address of /proc/net is loopback, or the absence of a remote end. */
export function isLoopback(address: string): boolean {
  return /^0100007F$|^0{24}01000000$|^0{16}FFFF00000100007F$/.test(address);
}

/** Tells whether an address of /proc/net is unspecified, as the remote end of a listener is. */
export function isUnspecified(address: string): boolean {
  return /^0+$/.test(address);
}

/** The ids of all processes of the given hospitals. */
export function processIds(hospitals: readonly VaultHospital[]): readonly number[] {
  return hospitals.flatMap(({ kubo, cluster }) => [kubo.pid, cluster.pid]).filter((pid) => pid !== null);
}

/** All files below a folder. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function addressOf(field: string | undefined): string {
  return (field ?? '').split(':')[0] ?? '';
}

async function socketInodes(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${String(pid)}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')),
  );
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
