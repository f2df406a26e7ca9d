// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { Agent, FormData, request } from 'undici';
import { GroundError } from '../errors.js';
import { reached, type HospitalContext } from '../plan/context.js';

const requestTimeoutMs = 20_000;

/** Runs the work with a connection that identifies the hospital's operator to its own nodes. */
export async function asOperator<T>(
  context: HospitalContext,
  work: (agent: Agent) => Promise<T>,
): Promise<T> {
  const files = context.at.tls('operator');
  const [ca, cert, key] = await Promise.all(
    [files.rootFile, files.certFile, files.keyFile].map((file) => readFile(file)),
  );
  const agent = new Agent({
    connect: { ca, cert, key },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  });
  try {
    return await work(agent);
  } finally {
    await agent.close();
  }
}

/** Makes sure that the hospital's ordering node takes part in the channel. */
export async function joinOrderer(
  context: HospitalContext,
  channel: string,
  genesisBlock: string,
): Promise<void> {
  const url = `https://${reached(context, context.ports.ordererAdmin)}/participation/v1/channels`;
  await asOperator(context, async (agent) => {
    const known = await request(`${url}/${channel}`, { dispatcher: agent });
    await known.body.dump();
    if (known.statusCode === 200) return;
    const body = new FormData();
    body.append('config-block', new Blob([await readFile(genesisBlock)]), 'config.block');
    const joined = await request(url, { method: 'POST', dispatcher: agent, body });
    const answer = await joined.body.text();
    if (joined.statusCode !== 201) {
      throw new GroundError(
        'CHANNEL_FAILED',
        `The orderer of ${context.hospital.name} did not join the channel: ${answer}`,
      );
    }
  });
}
