// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { HospitalProfile } from '../plan/profile.js';

/** What it takes to ask a hospital's orderer. */
export type Ordering = Pick<HospitalProfile, 'id' | 'operationsUrls' | 'operatorTls' | 'peerTlsRootFile'>;

const askTimeoutMs = 2_000;
const leaderMetric = /^consensus_etcdraft_is_leader\{[^}]*\} 1$/m;

/** Finds the hospital whose orderer says that it leads; undefined when none does. */
export async function findLeader(hospitals: readonly Ordering[]): Promise<string | undefined> {
  const answers = await Promise.all(hospitals.map((each) => leads(each).catch(() => false)));
  return hospitals.find((_, index) => answers[index] === true)?.id;
}

/** What to do when no orderer leads. */
export function withoutLeader(hospitals: readonly Ordering[]): string {
  const logs = hospitals
    .filter(({ operationsUrls }) => operationsUrls.orderer !== null)
    .map(({ id }) => `\`tutela logs ${id} orderer\``);
  return `More than half of the orderers must run and reach one another. Each one's log says whom it lacks: ${logs.join(', ')}.`;
}

async function leads({ operationsUrls, operatorTls, peerTlsRootFile }: Ordering): Promise<boolean> {
  if (operationsUrls.orderer === null) return false;
  const files = [peerTlsRootFile, operatorTls.certFile, operatorTls.keyFile];
  const [ca, cert, key] = await Promise.all(files.map((file) => readFile(file)));
  const agent = new Agent({
    connect: { ca, cert, key },
    headersTimeout: askTimeoutMs,
    bodyTimeout: askTimeoutMs,
  });
  try {
    const metrics = await request(`${operationsUrls.orderer}/metrics`, { dispatcher: agent });
    return leaderMetric.test(await metrics.body.text());
  } finally {
    // A frozen orderer never answers; waiting for it to close would be waiting for ever.
    await agent.destroy();
  }
}
