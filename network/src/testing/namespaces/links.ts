// SPDX-License-Identifier: Apache-2.0
import { readlinkSync } from 'node:fs';
import { runOrThrow } from '../../process/run.js';
import { outerAddress } from './addresses.js';

const bridge = 'tutela0';
const commandTimeoutMs = 10_000;

/** Names the network namespace of this process, so that two can be told apart. */
export function ownNamespace(): string {
  return readlinkSync('/proc/self/ns/net');
}

/** The file through which a process's network namespace is entered. */
export function namespaceOf(pid: number): string {
  return `/proc/${pid}/ns/net`;
}

/** Makes the bridge to which all hospitals are linked. */
export async function makeBridge(): Promise<void> {
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('addr', 'add', outerAddress, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
}

/** Links the namespace of a process to the bridge, under an address. */
export async function linkNamespace(hospital: string, pid: number, host: string): Promise<void> {
  await ip('link', 'add', linkOf(hospital), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  await ip('link', 'set', linkOf(hospital), 'master', bridge, 'up');
  const inside = (...args: string[]) => run('nsenter', [`--net=${namespaceOf(pid)}`, '--', 'ip', ...args]);
  await inside('link', 'set', 'lo', 'up');
  await inside('addr', 'add', `${host}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
}

/** Takes the hospital's link down, or brings it up again; nothing that runs is told. */
export async function setLink(hospital: string, state: 'up' | 'down'): Promise<void> {
  await ip('link', 'set', linkOf(hospital), state);
}

/** The outer end of a hospital's link; names of links have 15 characters. */
function linkOf(hospital: string): string {
  return `v-${hospital}`.slice(0, 15);
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  await runOrThrow({ command, args, env: {}, cwd: '/', timeoutMs: commandTimeoutMs });
}
