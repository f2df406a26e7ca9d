// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { isVaultError, type StoredPart, type Vault, type VaultErrorCode } from '@tutela/ipfs-cluster';
import {
  startVaults,
  type Binaries,
  type RunningVaults,
  type VaultHospital,
} from '@tutela/ipfs-cluster/testing';
import { resolveBinaries } from '@tutela/network';

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

/** Adds and pins a part, and waits until `hospitals` hospitals hold it. */
export async function storePart(vault: Vault, bytes: Uint8Array, hospitals: number): Promise<StoredPart> {
  const part = await vault.addPart(bytes);
  await vault.pin(part.cid, { min: Math.min(2, hospitals), max: 3 });
  await vault.waitPinned([part.cid], hospitals);
  return part;
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
