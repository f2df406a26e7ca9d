// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import { consortiumProfile } from '../plan/profile.js';
import { runOrThrow } from '../process/run.js';
import { waitFor } from '../process/wait.js';
import { hospitals, orderingHospitals, type Bringing } from './context.js';
import { findLeader } from './leader.js';
import { joinOrderer } from './participation.js';
import { peerCommand } from './peer-command.js';

const leaderTimeoutMs = 30_000;

/** Lets every orderer and peer join the channel, and waits until the orderers have a leader. */
export async function joinChannel(bringing: Bringing): Promise<void> {
  const { channel } = bringing.inputs.topology;
  const { genesisBlock } = bringing.inputs.layout;
  const ordering = orderingHospitals(bringing);
  await Promise.all(ordering.map((context) => joinOrderer(context, channel, genesisBlock)));
  await Promise.all(hospitals(bringing).map((context) => joinPeer(context, channel, genesisBlock)));
  const profiles = consortiumProfile(bringing.inputs).hospitals;
  const leader = await waitFor(() => findLeader(profiles), { timeoutMs: leaderTimeoutMs });
  if (leader === undefined) {
    throw new GroundError('CHANNEL_FAILED', 'The orderers found no leader in time.', {
      advice: 'More than half of the orderers must run and reach one another; see `tutela status`.',
    });
  }
}

async function joinPeer(context: HospitalContext, channel: string, genesisBlock: string): Promise<void> {
  const listed = await runOrThrow(peerCommand(context, ['channel', 'list']));
  if (listed.split('\n').includes(channel)) return;
  await runOrThrow(peerCommand(context, ['channel', 'join', '-b', genesisBlock]));
}
