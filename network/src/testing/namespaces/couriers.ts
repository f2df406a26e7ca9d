// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { doorSocket, type Door, type NamespacedHospital } from './addresses.js';

const program = fileURLToPath(new URL('./courier-main.js', import.meta.url));
const doors: readonly Door[] = ['gateway', 'custodian'];

/** Starts a hospital's courier in a new network namespace and waits until it listens; returns its process. */
export async function startCourier(state: string, hospital: NamespacedHospital): Promise<ChildProcess> {
  const { host, id, ports } = hospital;
  const routes = doors.map((door) => ({ socketPath: doorSocket(state, id, door), host, port: ports[door] }));
  const args = ['--net', '--', process.execPath, program, JSON.stringify(routes)];
  const child = spawn('unshare', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => {
      resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the courier of ${id} ended with code ${code ?? 'none'}`));
    });
  });
  return child;
}
