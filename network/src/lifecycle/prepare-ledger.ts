// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HospitalContext } from '../plan/context.js';
import { collections } from '../render/chaincode-definition.js';
import { chaincodeConnection } from '../render/chaincode-connection.js';
import { configtx } from '../render/configtx.js';
import { ordererConfig } from '../render/orderer-config.js';
import { peerConfig } from '../render/peer-config.js';
import { hospitals, type Bringing } from './context.js';
import { exists, makeFolder, writeIfChanged, writePrivate, writeYaml } from './files.js';
import { makeFirstBlock } from './first-block.js';

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

/** What each peer reads at its start, by hospital: SHA-256 over its `core.yaml`. */
export async function peersStartFrom(bringing: Bringing): Promise<Readonly<Record<string, string>>> {
  const entries = hospitals(bringing).map(async ({ at, hospital }) => {
    const config = await readFile(peerConfigFile(at));
    return [hospital.id, createHash('sha256').update(config).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function peerConfigFile({ peer }: HospitalContext['at']): string {
  return join(peer, 'config', 'core.yaml');
}

async function writeTlsRoots(file: string, all: readonly HospitalContext[]): Promise<void> {
  const roots = await Promise.all(all.map(({ at }) => readFile(at.tlsCaCertFile, 'utf8')));
  await writeIfChanged(file, roots.join(''));
}

async function prepareNodes(context: HospitalContext): Promise<void> {
  const { at, hospital } = context;
  await writeYaml(peerConfigFile(at), peerConfig(context));
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
  const { consortium, genesisBlock } = inputs.layout;
  if (await exists(genesisBlock)) return;
  await makeFolder(consortium);
  await writePrivate(genesisBlock, await makeFirstBlock(inputs));
}
