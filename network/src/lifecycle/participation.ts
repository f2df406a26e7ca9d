// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { Agent, FormData, request } from 'undici';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import { reached, type HospitalContext } from '../plan/context.js';
import type { Patience } from '../process/run.js';

const requestTimeoutMs = 20_000;

/** Runs the work with a connection that identifies the hospital's operator to its own nodes. */
export async function asOperator<T>(
  context: HospitalContext,
  work: (agent: Agent) => Promise<T>,
  { timeoutMs = requestTimeoutMs }: Patience = {},
): Promise<T> {
  const files = context.at.tls('operator');
  const [ca, cert, key] = await Promise.all(
    [files.rootFile, files.certFile, files.keyFile].map((file) => readFile(file)),
  );
  const agent = new Agent({
    connect: { ca, cert, key, timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  try {
    return await work(agent);
  } finally {
    await agent.close();
  }
}

const participation = z.looseObject({
  /** `follower`: it has the blocks, and no vote on the next one. */
  consensusRelation: z.string(),
  /** `onboarding` while it fetches the blocks that were before it. */
  status: z.string(),
  /** How many blocks it has. */
  height: z.int(),
});

/** How a hospital's ordering node takes part in the channel. */
export type Participation = z.output<typeof participation>;

/** Asks the hospital's ordering node how it takes part in the channel; undefined when it does not. */
export function participationOf(context: HospitalContext): Promise<Participation | undefined> {
  return asOperator(context, (agent) => participationAt(context, agent));
}

/** Makes sure that the hospital's ordering node takes part in the channel, from a block of its configuration on. */
export async function joinOrderer(context: HospitalContext, configBlock: Uint8Array): Promise<void> {
  await asOperator(context, async (agent) => {
    if ((await participationAt(context, agent)) !== undefined) return;
    const body = new FormData();
    body.append('config-block', new Blob([Uint8Array.from(configBlock)]), 'config.block');
    const joined = await request(channelsUrl(context), { method: 'POST', dispatcher: agent, body });
    const answer = await joined.body.text();
    if (joined.statusCode !== 201) {
      throw new GroundError(
        'CHANNEL_FAILED',
        `The orderer of ${context.hospital.name} did not join the channel: ${answer}`,
      );
    }
  });
}

async function participationAt(context: HospitalContext, agent: Agent): Promise<Participation | undefined> {
  const url = `${channelsUrl(context)}/${context.topology.channel}`;
  const { body, statusCode } = await request(url, { dispatcher: agent });
  const answer = await body.text();
  return statusCode === 200 ? participation.parse(JSON.parse(answer)) : undefined;
}

function channelsUrl(context: HospitalContext): string {
  return `https://${reached(context, context.ports.ordererAdmin)}/participation/v1/channels`;
}
