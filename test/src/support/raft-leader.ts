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
      operationsUrls: z.looseObject({ orderer: z.string().nullable() }),
    }),
  ),
});

/** The hospital whose orderer leads, by its own metrics; throws while none does. */
export async function raftLeader({ hospitals, processes }: Consortium): Promise<Hospital> {
  const { tlsRootsFile, hospitals: known } = profile.parse(
    JSON.parse(readFileSync(join(processes.stateDir, 'profile.json'), 'utf8')),
  );
  for (const { id, operatorTls, operationsUrls } of known) {
    if (operationsUrls.orderer === null) continue;
    const dispatcher = new Agent({
      connect: {
        ca: readFileSync(tlsRootsFile),
        cert: readFileSync(operatorTls.certFile),
        key: readFileSync(operatorTls.keyFile),
      },
    });
    const { body } = await request(new URL('/metrics', operationsUrls.orderer), { dispatcher });
    const metrics = await body.text();
    await dispatcher.close();
    const leader = hospitals.find((each) => each.id === id);
    if (/^consensus_etcdraft_is_leader\{[^}]*\} 1$/m.test(metrics) && leader !== undefined) return leader;
  }
  throw new Error('no orderer leads');
}
