// SPDX-License-Identifier: Apache-2.0
import { runCommand } from '../../process/run.js';

const tryTimeoutMs = 10_000;
const superUser = 0;

/** What it takes: a namespace with a bridge, another inside it, and a link between the two. */
const attempt = [
  'set -e',
  'ip link add tutela0 type bridge',
  'unshare --net sleep 9 & inner=$!',
  'trap "kill $inner" EXIT',
  'until [ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done',
  'ip link add v-try type veth peer name eth0 netns $inner',
  'ip link set v-try master tutela0',
].join('\n');

/** How `unshare` is asked for a network namespace: without privilege it takes a user namespace around it. */
export function unshareArguments(): readonly string[] {
  return process.geteuid?.() === superUser ? ['--net'] : ['--map-root-user', '--net'];
}

/** The environment in which `ip`, `unshare` and `nsenter` are found, which are not on every user's path. */
export function namespaceEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

/** Tries to make network namespaces and links; answers why that is impossible here, or undefined. */
export async function namespaceObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${process.platform} has no network namespaces`;
  const env = { PATH: namespaceEnvironment()['PATH'] ?? '' };
  const args = [...unshareArguments(), '--', 'sh', '-c', attempt];
  const tried = await runCommand({ command: 'unshare', args, env, cwd: '/', timeoutMs: tryTimeoutMs }).catch(
    (error: unknown) => ({ ok: false, complaint: String(error) }),
  );
  if (tried.ok) return undefined;
  return `network namespaces cannot be made here: ${tried.complaint || 'no reason given'}`;
}
