// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Consortium, Hospital } from './consortium.js';

const profile = z.looseObject({
  tlsRootsFile: z.string(),
  hospitals: z.array(
    z.looseObject({
      id: z.string(),
      operatorTls: z.object({ certFile: z.string(), keyFile: z.string() }),
      operationsUrls: z.looseObject({ orderer: z.string().nullable(), peer: z.string() }),
    }),
  ),
});

/** What a hospital's peer or orderer tells of itself, for Prometheus; undefined where the hospital has none. */
export async function nodeMetrics(
  { processes }: Consortium,
  { id }: Hospital,
  node: 'orderer' | 'peer',
): Promise<string | undefined> {
  const { hospitals, tlsRootsFile } = profile.parse(
    JSON.parse(readFileSync(join(processes.stateDir, 'profile.json'), 'utf8')),
  );
  const known = hospitals.find((each) => each.id === id);
  const url = known?.operationsUrls[node];
  if (known === undefined || url === undefined || url === null) return undefined;
  const { certFile, keyFile } = known.operatorTls;
  const connect = {
    ca: readFileSync(tlsRootsFile),
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
  };
  const dispatcher = new Agent({ connect });
  try {
    const { body } = await request(new URL('/metrics', url), { dispatcher });
    return await body.text();
  } finally {
    await dispatcher.close();
  }
}

/** How many blocks a hospital's peer has, as it tells. */
export async function heightAt(consortium: Consortium, hospital: Hospital): Promise<number> {
  const metrics = await nodeMetrics(consortium, hospital, 'peer');
  const told = /^ledger_blockchain_height\{[^}]*\} (\S+)$/m.exec(metrics ?? '')?.[1];
  if (told === undefined) throw new Error(`the peer of ${hospital.mspId} does not tell its height`);
  return Number(told);
}
