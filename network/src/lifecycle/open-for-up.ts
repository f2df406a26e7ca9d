// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import { layoutState } from '../plan/layout.js';
import { ExternalRunner } from '../process/external-runner.js';
import type { ProcessRunner } from '../process/process-runner.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { lockOrRefuse } from '../tools/lock.js';
import { renderedPorts } from '../topology/ports.js';
import { resolveBinaries } from '../tools/resolve.js';
import { choosePorts } from './choose-ports.js';
import type { Bringing } from './context.js';
import { makeFolder, writePrivate } from './files.js';
import { checkOrdering } from './ordering.js';
import {
  extendState,
  makeState,
  planInputs,
  releaseChaincode,
  shippedChaincode,
  type OpenState,
  type PortChooser,
} from './state.js';
import { startSupervisor } from './supervisor-process.js';
import type { UpOptions } from './up.js';

const ownerOnly = 0o077;

/** Finds the programs, locks and opens the state, and makes sure that something runs its processes. */
export async function openForUp(options: UpOptions): Promise<Bringing> {
  // Programs that this process runs to their end create private files, like those of the supervisor.
  process.umask(ownerOnly);
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => undefined);
  const binaries = await resolveBinaries({ env, onProgress });
  await takeLock(options.state);
  if (options.joining !== undefined) await extendState(options.state, options.joining);
  const external = options.external === true;
  const ports: PortChooser = (topology, root) =>
    external ? Promise.resolve(renderedPorts(topology)) : choosePorts(topology, root, env);
  const state = await makeState(options.state, options.topology, ports);
  checkOrdering(state.topology, binaries);
  const { bytes, release } = await releaseChaincode(options.chaincodeFile ?? shippedChaincode);
  await writePrivate(state.layout.packageFile, bytes);
  const runner = external ? new ExternalRunner() : await supervisorOf(state);
  const { networkNamespaces } = options;
  const inputs = {
    ...planInputs(state, binaries, release),
    ...(networkNamespaces !== undefined && { networkNamespaces }),
  };
  return { inputs, runner, onProgress, now: Date.now };
}

async function supervisorOf(state: OpenState): Promise<ProcessRunner> {
  await startSupervisor(state);
  return new SupervisorClient(state.layout.supervisorSocket);
}

async function takeLock(root: string): Promise<void> {
  await makeFolder(root);
  const refusal = new GroundError('STATE_BUSY', 'Another command is bringing this consortium up.', {
    advice: 'Wait until it has finished.',
  });
  await lockOrRefuse(layoutState(root).lockFile, refusal);
}
