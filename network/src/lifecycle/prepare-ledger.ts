// SPDX-License-Identifier: Apache-2.0
import { chmod, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { HospitalContext } from '../plan/context.js';
import { collections } from '../render/chaincode-definition.js';
import { chaincodeConnection } from '../render/chaincode-connection.js';
import { channelProfile, configtx } from '../render/configtx.js';
import { ordererConfig } from '../render/orderer-config.js';
import { peerConfig } from '../render/peer-config.js';
import { runOrThrow } from '../process/run.js';
import { hospitals, type Bringing } from './context.js';
import { exists, makeFolder, writeIfChanged, writeYaml } from './files.js';

const configtxgenTimeoutMs = 30_000;
const ownerFile = 0o600;

/** Writes what peers, orderers and chaincode servers read; identities must be in place. */
export async function prepareLedger(bringing: Bringing): Promise<void> {
  const { inputs } = bringing;
  const all = hospitals(bringing);
  await writeTlsRoots(inputs.layout.tlsRoots, all);
  for (const context of all) await prepareNodes(context);
  await writeYaml(join(inputs.layout.configtxDir, 'configtx.yaml'), configtx(inputs));
  await writeIfChanged(inputs.layout.collections, JSON.stringify(collections(inputs.topology)));
  await makeGenesisBlock(bringing);
}

async function writeTlsRoots(file: string, all: readonly HospitalContext[]): Promise<void> {
  const roots = await Promise.all(all.map(({ at }) => readFile(at.tlsCaCertFile, 'utf8')));
  await writeIfChanged(file, roots.join(''));
}

async function prepareNodes(context: HospitalContext): Promise<void> {
  const { at, hospital } = context;
  await writeYaml(join(at.peer, 'config', 'core.yaml'), peerConfig(context));
  if (hospital.orderer) await writeYaml(join(at.orderer, 'config', 'orderer.yaml'), ordererConfig(context));
  const [root, cert, key] = await Promise.all([
    readFile(at.tls('chaincode').rootFile, 'utf8'),
    readFile(at.tls('peer').certFile, 'utf8'),
    readFile(at.tls('peer').keyFile, 'utf8'),
  ]);
  const connection = chaincodeConnection(context, { root, cert, key });
  await writeIfChanged(join(at.chaincode, 'connection.json'), JSON.stringify(connection));
}

/** The first block is made once: it is what all hospitals agree on. */
async function makeGenesisBlock({ inputs }: Bringing): Promise<void> {
  const { layout, topology } = inputs;
  if (await exists(layout.genesisBlock)) return;
  await makeFolder(layout.consortium);
  const partial = `${layout.genesisBlock}.new`;
  await runOrThrow({
    command: inputs.program('configtxgen'),
    args: ['-profile', channelProfile, '-channelID', topology.channel, '-outputBlock', partial],
    env: { FABRIC_CFG_PATH: layout.configtxDir, FABRIC_LOGGING_SPEC: 'warning' },
    cwd: layout.consortium,
    timeoutMs: configtxgenTimeoutMs,
  });
  await chmod(partial, ownerFile);
  await rename(partial, layout.genesisBlock);
}
