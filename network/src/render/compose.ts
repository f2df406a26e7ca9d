// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { stringify } from 'yaml';
import { layoutState } from '../plan/layout.js';
import { planProcesses } from '../plan/plan.js';
import type { PlanInputs } from '../plan/context.js';
import type { ProcessKind, ProcessSpec } from '../plan/process-spec.js';
import { startFileName } from '../process/external-runner.js';
import { shellQuoted } from '../process/shell.js';
import { renderedPorts } from '../topology/ports.js';
import type { Topology } from '../topology/topology.js';

const stateDir = '/tutela/state';
const productDir = '/tutela/product';
const toolsDir = '/tutela/tools';
const nodeImage = 'node:24';

const images: Readonly<Record<ProcessKind, string>> = {
  ca: 'hyperledger/fabric-ca:1.5.21',
  orderer: 'hyperledger/fabric-orderer:2.5.9',
  peer: 'hyperledger/fabric-peer:2.5.9',
  chaincode: nodeImage,
  kubo: 'ipfs/kubo:v0.43.1',
  cluster: 'ipfs/ipfs-cluster:v1.1.6',
  custodian: nodeImage,
  gateway: nodeImage,
};

/** Programs that the set-up runs itself, and the images that hold them. */
const toolSources: readonly (readonly [service: string, image: string, programs: readonly string[]])[] = [
  [
    'fabric',
    'hyperledger/fabric-tools:2.5.9',
    ['peer', 'osnadmin', 'configtxgen', 'configtxlator', 'ledgerutil', 'discover'],
  ],
  ['orderer', images.orderer, ['orderer']],
  ['ca', images.ca, ['fabric-ca-server', 'fabric-ca-client']],
  ['kubo', images.kubo, ['ipfs']],
  ['cluster', images.cluster, ['ipfs-cluster-service', 'ipfs-cluster-ctl']],
];

/** Known only once the chaincode is built; the set-up hands them over in the start file. */
const lateVariables: ReadonlySet<string> = new Set(['TUTELA_CHAINCODE_ID', 'TUTELA_CHAINCODE_DIGEST']);

const heading = (topology: Topology, source: string | undefined) => `# SPDX-License-Identifier: Apache-2.0
# Rendered from ${source ?? 'the topology of a state folder'} by \`tutela render compose\`; do not edit.
#
# The same processes as \`npm start\`, in the official images. Linux, with host networking, so that
# everything stays on loopback as it does without containers. First: npm run build. Then:
#   mkdir -p .tutela/compose/consortium .tutela/compose/hospitals/{${topology.hospitals.map(({ id }) => id).join(',')}}
#   TUTELA_UID=$(id -u) TUTELA_GID=$(id -g) docker compose up
# Every container waits until \`setup\` has prepared its folder; \`setup\` ends when the consortium works.
`;

/**
 * Renders a Docker Compose file for the topology, from the very plan that the supervisor runs. `source` is the file
 * of the product that the topology is from; left out, the state folder has it already, such as one that was joined.
 */
export function renderCompose(topology: Topology, source?: string): string {
  const processes = planProcesses(composeInputs(topology));
  const services = {
    ...Object.fromEntries(
      toolSources.map(([name, image, programs]) => [`tools-${name}`, toolService(image, programs)]),
    ),
    setup: setupService(source),
    ...Object.fromEntries(processes.map((spec) => [spec.name.replace('/', '-'), processService(spec)])),
  };
  const file = { name: 'tutela', services, volumes: { tools: {} } };
  // Version 1.1 of YAML quotes what older parsers would take for something else than text.
  return `${heading(topology, source)}${stringify(file, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function composeInputs(topology: Topology): PlanInputs {
  return {
    topology,
    layout: layoutState(stateDir),
    basePort: renderedPorts(topology),
    program: (name) => name,
    nodeProgram: 'node',
    productDir,
    chaincode: {
      file: join(productDir, 'chaincode', 'dist', 'tutela-chaincode.cjs'),
      digest: '',
      version: '',
      label: '',
      packageId: '',
    },
  };
}

const common = {
  network_mode: 'host',
  user: '${TUTELA_UID:-1000}:${TUTELA_GID:-1000}',
  security_opt: ['no-new-privileges:true'],
  cap_drop: ['ALL'],
};

const hostState = './.tutela/compose';
const mounted = (folder: string) => `./${folder}:${productDir}/${folder}:ro`;
/** What a process runs. The folder around them has the state of every hospital in it. */
const product = [
  'chaincode',
  'crypto',
  'custodian',
  'fabric',
  'gateway-api',
  'ipfs-cluster',
  'network',
  'node_modules',
].map(mounted);

/** A process sees its own hospital and what all hospitals share, and nothing of another hospital. */
function volumesOf(hospital: string): readonly string[] {
  const own = `hospitals/${hospital}`;
  return [
    `${hostState}/${own}:${stateDir}/${own}`,
    `${hostState}/consortium:${stateDir}/consortium:ro`,
    ...product,
  ];
}

/** A passphrase that lies outside of the state folder is shown to the process that it is for, at its own path. */
function passphrasesElsewhere(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment)
    .filter(([name, path]) => name.endsWith('_PASSPHRASE_FILE') && !path.startsWith(`${stateDir}/`))
    .map(([, path]) => `${path}:${path}:ro`);
}

function processService(spec: ProcessSpec): object {
  const start = join(spec.cwd, startFileName);
  const command = [spec.command, ...spec.args].map(shellQuoted).join(' ');
  const clean = spec.staleSockets.map((socket) => ` rm -f ${socket};`).join('');
  const environment = Object.fromEntries(
    Object.entries(spec.env).filter(([name]) => !lateVariables.has(name)),
  );
  return {
    image: images[spec.kind],
    ...common,
    restart: 'unless-stopped',
    entrypoint: ['/bin/sh', '-c'],
    command: [
      `umask 077; until [ -e ${start} ]; do sleep 1; done; . ${start}; cd ${spec.cwd};${clean} exec ${command}`,
    ],
    ...(Object.keys(environment).length > 0 && { environment }),
    volumes: [...volumesOf(spec.hospital), ...passphrasesElsewhere(environment)],
    stop_signal: spec.stopSignal,
    stop_grace_period: `${spec.stopTimeoutMs / 1000}s`,
    ...(spec.dependsOn.length > 0 && { depends_on: spec.dependsOn.map((name) => name.replace('/', '-')) }),
  };
}

function toolService(image: string, programs: readonly string[]): object {
  const copies = programs.map((program) => `cp "$$(command -v ${program})" ${toolsDir}/`).join(' && ');
  return {
    image,
    network_mode: 'none',
    user: '0:0',
    entrypoint: ['/bin/sh', '-c'],
    command: [copies],
    volumes: [`tools:${toolsDir}`],
  };
}

function setupService(source: string | undefined): object {
  return {
    image: nodeImage,
    ...common,
    working_dir: stateDir,
    entrypoint: ['node', `${productDir}/network/dist/cli.js`],
    command: ['up', '--external', ...(source === undefined ? [] : ['--topology', `${productDir}/${source}`])],
    environment: {
      TUTELA_STATE: stateDir,
      TUTELA_BIN: toolsDir,
      TUTELA_CACHE: `${stateDir}/cache`,
      HOME: stateDir,
    },
    volumes: [`${hostState}:${stateDir}`, `.:${productDir}:ro`, `tools:${toolsDir}:ro`],
    depends_on: Object.fromEntries(
      toolSources.map(([name]) => [`tools-${name}`, { condition: 'service_completed_successfully' }]),
    ),
  };
}
