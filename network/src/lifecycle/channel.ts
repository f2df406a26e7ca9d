// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import { consortiumProfile } from '../plan/profile.js';
import { runCommand, runOrThrow } from '../process/run.js';
import { waitFor } from '../process/wait.js';
import { admit, foundersOf, settleRules } from './admission.js';
import { hospitals, type Bringing } from './context.js';
import { findLeader, withoutLeader } from './leader.js';
import { joinOrderer } from './participation.js';
import { peerCommand } from './peer-command.js';

const leaderTimeoutMs = 30_000;
const catchUpTimeoutMs = 600_000;
const catchUpPollMs = 300;

const chainInfo = z.looseObject({ height: z.int() });

/** Lets every orderer and peer join the channel, founders first, and waits until the orderers have a leader. */
export async function joinChannel(bringing: Bringing): Promise<void> {
  const all = hospitals(bringing);
  const [first] = all;
  if (first === undefined) return;
  const founders = await foundersOf(bringing, first);
  const founding = all.filter(({ hospital }) => founders.includes(hospital.mspId));
  const genesis = await readFile(bringing.inputs.layout.genesisBlock);
  const ordering = founding.filter(({ hospital }) => hospital.orderer);
  await Promise.all(ordering.map((context) => joinOrderer(context, genesis)));
  await Promise.all(founding.map((context) => joinPeer(context)));
  await untilLed(bringing);
  for (const context of all) if (!founding.includes(context)) await joinLater(bringing, context, first);
  await settleRules(bringing, first);
}

/** A hospital that was not among the founders is let in by the others, and its peer reads all that was before it. */
async function joinLater(
  bringing: Bringing,
  context: HospitalContext,
  beside: HospitalContext,
): Promise<void> {
  await admit(bringing, context);
  await joinPeer(context);
  const height = (await heightOf(beside)) ?? 0;
  const missing = height - ((await heightOf(context)) ?? 0);
  if (missing > 0) bringing.onProgress(`${context.hospital.name} fetches ${missing} blocks`);
  const caughtUp = await waitFor(
    async () => (((await heightOf(context)) ?? 0) >= height ? true : undefined),
    { timeoutMs: catchUpTimeoutMs, intervalMs: catchUpPollMs },
  );
  if (caughtUp === true) return;
  throw new GroundError('CHANNEL_FAILED', `The peer of ${context.hospital.name} has not all blocks yet.`, {
    advice: 'Run the command again; the peer goes on fetching meanwhile.',
  });
}

async function untilLed(bringing: Bringing): Promise<void> {
  const profiles = consortiumProfile(bringing.inputs).hospitals;
  const leader = await waitFor(() => findLeader(profiles), { timeoutMs: leaderTimeoutMs });
  if (leader === undefined) {
    throw new GroundError('CHANNEL_FAILED', 'The orderers found no leader in time.', {
      advice: withoutLeader(profiles),
    });
  }
}

async function joinPeer(context: HospitalContext): Promise<void> {
  const listed = await runOrThrow(peerCommand(context, ['channel', 'list']));
  if (listed.split('\n').includes(context.topology.channel)) return;
  await runOrThrow(peerCommand(context, ['channel', 'join', '-b', context.layout.genesisBlock]));
}

/**
 * How many blocks the hospital's peer has. Undefined when it does not tell, as before the block that makes the
 * hospital a member: until then its own administrator is a stranger to it.
 */
async function heightOf(context: HospitalContext): Promise<number | undefined> {
  const answer = await runCommand(
    peerCommand(context, ['channel', 'getinfo', '-c', context.topology.channel]),
  );
  if (!answer.ok) return undefined;
  return chainInfo.parse(JSON.parse(answer.stdout.slice(answer.stdout.indexOf('{')))).height;
}
