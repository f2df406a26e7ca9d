// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GroundError } from '../errors.js';
import { reachedHost, type HospitalContext, type PlanInputs } from '../plan/context.js';
import { runOrThrow } from '../process/run.js';
import { waitFor } from '../process/wait.js';
import { channelProfile } from '../render/configtx.js';
import {
  configIn,
  fetchConfig,
  fetchConfigBlock,
  updateConfig,
  type ChannelConfig,
} from './channel-config.js';
import { hospitals, type Bringing } from './context.js';
import { hasConsenter, majorityOf, membersOf, withConsenter, withMember } from './membership.js';
import { joinOrderer, participationOf, type Participation } from './participation.js';

const configtxgenTimeoutMs = 30_000;
const followTimeoutMs = 300_000;
const pollMs = 250;

/**
 * Makes sure that a hospital is a member of the channel that runs already, and that its orderer votes. It first
 * follows the others and gets its vote once it has their blocks, so that they never wait for one that lags behind.
 */
export async function admit(bringing: Bringing, context: HospitalContext): Promise<void> {
  const { hospital } = context;
  const wanted = await wantedConfig(bringing.inputs);
  await change(bringing, context, (config) =>
    membersOf(config).includes(hospital.mspId) ? config : withMember(config, wanted, hospital.mspId),
  );
  if (!hospital.orderer) return;
  const address = { host: reachedHost(context), port: context.ports.orderer };
  const member = memberBeside(bringing, context);
  const block = await fetchConfigBlock(member, 'orderer');
  await joinOrderer(context, block);
  await untilParticipating(context, ({ status }) => status === 'active', 'has the blocks of the others');
  await change(bringing, context, (config) =>
    hasConsenter(config, address) ? config : withConsenter(config, wanted, address),
  );
  await untilParticipating(context, (now) => now.consensusRelation === 'consenter', 'votes');
}

/** The MSP ids of the hospitals that the channel began with. */
export async function foundersOf({ inputs }: Bringing, context: HospitalContext): Promise<readonly string[]> {
  return membersOf(await configIn(context, await readFile(inputs.layout.genesisBlock)));
}

/** Changes the channel's configuration, unless it is so already, with the signatures of a majority of its members. */
async function change(
  bringing: Bringing,
  joining: HospitalContext,
  desiredOf: (config: ChannelConfig) => ChannelConfig,
): Promise<void> {
  const before = await fetchConfig(memberBeside(bringing, joining), 'orderer');
  const after = desiredOf(before);
  if (after === before) return;
  const signing = majorityOf(before);
  bringing.onProgress(`${signing.join(', ')} sign that ${joining.hospital.mspId} joins`);
  const [submitter, ...cosigners] = hospitals(bringing).filter(({ hospital }) =>
    signing.includes(hospital.mspId),
  );
  if (submitter === undefined) throw new GroundError('CHANNEL_FAILED', 'No member can sign.');
  await updateConfig(bringing.inputs, submitter, { before, after }, cosigners);
}

/** A hospital that was there before: the first of the topology. */
function memberBeside(bringing: Bringing, { hospital }: HospitalContext): HospitalContext {
  const member = hospitals(bringing).find((each) => each.hospital.id !== hospital.id);
  if (member === undefined) throw new GroundError('CHANNEL_FAILED', 'There is no other hospital.');
  return member;
}

/** The first configuration of a channel in which every hospital of the topology had been from the beginning. */
async function wantedConfig(inputs: PlanInputs): Promise<ChannelConfig> {
  const { layout, topology } = inputs;
  const [first] = hospitals({ inputs });
  if (first === undefined) throw new GroundError('CHANNEL_FAILED', 'There is no hospital.');
  const draft = join(layout.consortium, 'wanted.block');
  try {
    await runOrThrow({
      command: inputs.program('configtxgen'),
      args: ['-profile', channelProfile, '-channelID', topology.channel, '-outputBlock', draft],
      env: { FABRIC_CFG_PATH: layout.configtxDir, FABRIC_LOGGING_SPEC: 'warning' },
      cwd: layout.consortium,
      timeoutMs: configtxgenTimeoutMs,
    });
    return await configIn(first, await readFile(draft));
  } finally {
    await rm(draft, { force: true });
  }
}

async function untilParticipating(
  context: HospitalContext,
  holds: (now: Participation) => boolean,
  what: string,
): Promise<void> {
  const reached = await waitFor(
    async () => {
      const now = await participationOf(context);
      return now !== undefined && holds(now) ? true : undefined;
    },
    { timeoutMs: followTimeoutMs, intervalMs: pollMs },
  );
  if (reached === true) return;
  throw new GroundError('CHANNEL_FAILED', `Not yet so: the orderer of ${context.hospital.name} ${what}.`, {
    advice: 'See `tutela status` and the orderer’s log; running the command again goes on where it stopped.',
  });
}
