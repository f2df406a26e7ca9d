// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GroundError, messageOf } from '../errors.js';
import { layoutState, socketPaths } from '../plan/layout.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { survivors } from '../process/stragglers.js';
import { resolveBinaries } from '../tools/resolve.js';
import { allPorts } from '../topology/ports.js';
import { takenPorts } from './choose-ports.js';
import { exists } from './files.js';
import { examineRunning } from './doctor-running.js';
import { longestSocketPath, openState, shippedChaincode, type OpenState } from './state.js';

/** Something that the doctor looked at; anything but `ok` says what to do. */
export interface Finding {
  readonly subject: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly message: string;
  readonly advice?: string;
}

const wantedFreeBytes = 5e9;
const neededFreeBytes = 1e9;
const oldestNodeMajor = 22;

/** Looks at the machine, the state and, when it runs, the consortium. */
export async function examine(root: string, env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const state = await openState(root).catch((error: unknown) => error);
  const opened = isOpen(state) ? state : undefined;
  const running = await new SupervisorClient(layoutState(root).supervisorSocket).answers();
  const left = running ? 0 : survivors(layoutState(root).processesFile).length;
  return [
    node(),
    await built(),
    await programs(env),
    await disk(root),
    topology(root, state),
    ...(opened === undefined ? [] : [sockets(opened), await ports(opened, running || left > 0)]),
    leftovers(left),
    ...(opened !== undefined && running ? await examineRunning(opened) : []),
  ];
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= oldestNodeMajor) return ok('node', `Node ${process.versions.node}`);
  return problem(
    'node',
    `Node ${process.versions.node} is too old for the ledger client.`,
    'Start through `npm start` or `npx tutela`, which bring their own Node.',
  );
}

async function built(): Promise<Finding> {
  if (await exists(shippedChaincode)) return ok('build', 'compiled');
  return problem('build', 'The chaincode server is not built.', 'Run `npm run build`.');
}

async function programs(env: NodeJS.ProcessEnv): Promise<Finding> {
  try {
    const { families } = await resolveBinaries({ env, compile: false });
    const found = families.map(
      ({ id, origin, version: v }) => `${id} ${v.major}.${v.minor}.${v.patch} (${origin})`,
    );
    return ok('programs', found.join(', '));
  } catch (error) {
    const advice = error instanceof GroundError ? error.advice : undefined;
    return problem('programs', messageOf(error), advice ?? 'Run `tutela tools`.');
  }
}

async function disk(root: string): Promise<Finding> {
  const folder = (await exists(root)) ? root : dirname(root);
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
  const free = bavail * bsize;
  const text = `${(free / 1e9).toFixed(1)} GB are free in ${folder}`;
  if (free >= wantedFreeBytes) return ok('disk', text);
  const advice = 'Free some space, or use another disk by --state.';
  return free >= neededFreeBytes
    ? { subject: 'disk', level: 'warning', message: text, advice }
    : problem('disk', text, advice);
}

function topology(root: string, state: unknown): Finding {
  if (isOpen(state))
    return ok('topology', `${state.topology.hospitals.length} hospitals, ports from ${state.basePort}`);
  if (state instanceof GroundError && state.code === 'NOT_RUNNING')
    return ok('topology', `no consortium in ${root} yet`);
  return problem(
    'topology',
    messageOf(state),
    'Correct the file, or end this consortium with `tutela reset`.',
  );
}

function sockets({ layout, topology: { hospitals } }: OpenState): Finding {
  const longest = Math.max(...socketPaths(layout, hospitals).map((path) => Buffer.byteLength(path)));
  if (longest <= longestSocketPath)
    return ok('sockets', `longest path has ${longest} of ${longestSocketPath} bytes`);
  return problem(
    'sockets',
    `A socket path has ${longest} bytes; ${longestSocketPath} is the limit.`,
    'Name a shorter state folder.',
  );
}

async function ports({ basePort, topology: { hospitals } }: OpenState, running: boolean): Promise<Finding> {
  if (running) return ok('ports', 'in use by this consortium');
  const taken = await takenPorts(allPorts(basePort, hospitals.length));
  if (taken.length === 0) return ok('ports', 'free');
  return problem(
    'ports',
    `Something else listens on ${taken.join(', ')}.`,
    'End that program (`ss -tlnp` names it), or use another state folder or base port.',
  );
}

function leftovers(left: number): Finding {
  if (left === 0) return ok('leftovers', 'none');
  return problem(
    'leftovers',
    `${left} processes outlived their supervisor.`,
    'Run `tutela down`, or `tutela up`, which ends them first.',
  );
}

function isOpen(state: unknown): state is OpenState {
  return typeof state === 'object' && state !== null && 'basePort' in state;
}

function ok(subject: string, message: string): Finding {
  return { subject, level: 'ok', message };
}

function problem(subject: string, message: string, advice: string): Finding {
  return { subject, level: 'problem', message, advice };
}
