// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import type { ChaincodeRelease, PlanInputs } from '../plan/context.js';
import { layoutState, socketPaths, type StateLayout } from '../plan/layout.js';
import { packageChaincode, type ChaincodePackage } from '../render/chaincode-package.js';
import { binary, type Binaries } from '../tools/resolve.js';
import { defaultTopologyPath, loadTopology, parseTopology } from '../topology/load.js';
import { extendTopology, hasHospital, type NewHospital } from '../topology/extend.js';
import { hospitalPorts } from '../topology/ports.js';
import type { Topology } from '../topology/topology.js';
import { refuseTaken } from './choose-ports.js';
import { exists, makeFolder, writePrivate } from './files.js';

/** The product's own folder. */
export const productDir = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** The chaincode server that ships with the product. */
export const shippedChaincode = resolve(productDir, 'chaincode', 'dist', 'tutela-chaincode.cjs');

/** The longest path of a Unix socket that every system accepts, in bytes. */
export const longestSocketPath = 103;

const portsFile = z.strictObject({ base: z.int().min(1024).max(65_535) });

/** A consortium's folder and what it was set up from. */
export interface OpenState {
  readonly layout: StateLayout;
  readonly topology: Topology;
  readonly basePort: number;
}

/** Where the state lies: as named, else TUTELA_STATE, else `.tutela` in the product's folder. */
export function stateDir(named: string | undefined, env: NodeJS.ProcessEnv): string {
  return resolve(named ?? env['TUTELA_STATE'] ?? resolve(productDir, '.tutela'));
}

/** Opens a state that was set up before. @throws GroundError NOT_RUNNING when there is none. */
export async function openState(root: string): Promise<OpenState> {
  const layout = layoutState(root);
  if (!(await exists(layout.topologyFile)) || !(await exists(layout.portsFile))) {
    throw new GroundError('NOT_RUNNING', `There is no consortium in ${root}.`, {
      advice: 'Bring one up with `tutela up`.',
    });
  }
  return { layout, topology: await loadTopology(layout.topologyFile), basePort: await keptPorts(layout) };
}

/** Chooses the ports of a consortium that has none yet; answers the first. */
export type PortChooser = (topology: Topology, root: string) => Promise<number>;

/** Opens a state, first setting it up from the topology file when it is new. */
export async function makeState(
  root: string,
  topologyPath: string | undefined,
  choosePorts: PortChooser,
): Promise<OpenState> {
  const layout = layoutState(root);
  await makeFolder(root);
  const topology = await keepTopology(layout, topologyPath);
  checkSocketPaths(layout, topology);
  const basePort = (await exists(layout.portsFile))
    ? await keptPorts(layout)
    : await choosePorts(topology, root);
  await writePrivate(layout.portsFile, JSON.stringify({ base: basePort }));
  for (const { id } of topology.hospitals) await makeHospitalFolders(layout, id);
  return { layout, topology, basePort };
}

/**
 * Writes another hospital into a state's topology: from then on it belongs to the consortium that every bring-up
 * aims at. A second call with the same hospital changes nothing.
 * @throws GroundError NOT_RUNNING, USAGE, TOPOLOGY_INVALID, PORTS_TAKEN.
 */
export async function extendState(root: string, added: NewHospital): Promise<void> {
  const { basePort, layout, topology } = await openState(root);
  const text = await readFile(layout.topologyFile, 'utf8');
  const extended = extendTopology(text, layout.topologyFile, added);
  if (!hasHospital(topology, added.id))
    await refuseTaken(Object.values(hospitalPorts(basePort, topology.hospitals.length)));
  if (extended !== text) await writePrivate(layout.topologyFile, extended);
}

/** Completes the inputs of the plan. */
export function planInputs(state: OpenState, binaries: Binaries, chaincode: ChaincodeRelease): PlanInputs {
  return {
    ...state,
    program: (name) => binary(binaries, name),
    nodeProgram: process.execPath,
    productDir,
    chaincode,
  };
}

/** Packages the chaincode server's file. @throws GroundError NOT_BUILT. */
export async function releaseChaincode(file: string): Promise<ChaincodePackage> {
  const code = await readFile(file).catch((cause: unknown) => {
    throw new GroundError('NOT_BUILT', `The chaincode server ${file} is not built.`, {
      advice: 'Run `npm run build`.',
      cause,
    });
  });
  return packageChaincode(file, code);
}

async function keepTopology(layout: StateLayout, path: string | undefined): Promise<Topology> {
  const kept = (await exists(layout.topologyFile)) ? await readFile(layout.topologyFile, 'utf8') : undefined;
  if (kept === undefined) {
    const source = path ?? defaultTopologyPath;
    const topology = await loadTopology(source);
    await writePrivate(layout.topologyFile, await readFile(source, 'utf8'));
    return topology;
  }
  const topology = parseTopology(kept, layout.topologyFile);
  if (path !== undefined && JSON.stringify(await loadTopology(path)) !== JSON.stringify(topology)) {
    throw new GroundError(
      'TOPOLOGY_CHANGED',
      `${path} differs from the topology that this consortium was set up with.`,
      {
        advice: `Use another state folder (--state), or end this consortium for good with \`tutela reset\`.`,
      },
    );
  }
  return topology;
}

async function keptPorts(layout: StateLayout): Promise<number> {
  const text = await readFile(layout.portsFile, 'utf8');
  return portsFile.parse(JSON.parse(text)).base;
}

function checkSocketPaths(layout: StateLayout, topology: Topology): void {
  const tooLong = socketPaths(layout, topology.hospitals).filter(
    (path) => Buffer.byteLength(path) > longestSocketPath,
  );
  const [first] = tooLong;
  if (first === undefined) return;
  throw new GroundError(
    'SOCKET_PATH_TOO_LONG',
    `The path ${first} is longer than ${longestSocketPath} bytes, which a socket's may not be.`,
    {
      advice: 'Name a state folder with a shorter path in --state or TUTELA_STATE.',
    },
  );
}

async function makeHospitalFolders(layout: StateLayout, id: string): Promise<void> {
  const at = layout.hospital(id);
  const folders = [
    at.ca,
    at.msp,
    at.peer,
    at.orderer,
    at.chaincode,
    at.kubo,
    at.cluster,
    at.custodian,
    at.gateway,
  ];
  for (const folder of [layout.consortium, at.root, ...folders, at.operator, at.clients, at.logs])
    await makeFolder(folder);
}

/** Tells whether the state folder is there at all. */
export async function stateExists(root: string): Promise<boolean> {
  return stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
