// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { GroundError } from '../errors.js';
import { reachedHost, type HospitalContext, type PlanInputs } from '../plan/context.js';
import { waitFor } from '../process/wait.js';
import {
  configIn,
  fetchConfig,
  fetchConfigBlock,
  updateConfig,
  type ChannelConfig,
} from './channel-config.js';
import { hospitals, type Bringing } from './context.js';
import { makeFirstBlock } from './first-block.js';
import {
  hasConsenter,
  membersOf,
  signaturesNeeded,
  signersOf,
  withConsenter,
  withMember,
  withRules,
} from './membership.js';
import { joinOrderer, participationOf, type Participation } from './participation.js';

const followTimeoutMs = 300_000;
const pollMs = 250;

/**
 * Makes sure that a hospital is a member of the channel that runs already, and that its orderer votes. It first
 * follows the others and gets its vote once it has their blocks, so that they never wait for one that lags behind.
 */
export async function admit(bringing: Bringing, context: HospitalContext): Promise<void> {
  const { hospital } = context;
  const wanted = await wantedConfig(bringing.inputs);
  const why = `that ${hospital.mspId} joins`;
  const change = changing(bringing, memberBeside(bringing, context), why);
  await change((config) =>
    membersOf(config).includes(hospital.mspId) ? config : withMember(config, wanted, hospital.mspId),
  );
  if (!hospital.orderer) return;
  const address = { host: reachedHost(context), port: context.ports.orderer };
  const member = memberBeside(bringing, context);
  const block = await fetchConfigBlock(member, 'orderer');
  await joinOrderer(context, block);
  await untilParticipating(context, ({ status }) => status === 'active', 'has the blocks of the others');
  await change((config) => (hasConsenter(config, address) ? config : withConsenter(config, wanted, address)));
  await untilParticipating(context, (now) => now.consensusRelation === 'consenter', 'votes');
}

/** The MSP ids of the hospitals that the channel began with. */
export async function foundersOf({ inputs }: Bringing, context: HospitalContext): Promise<readonly string[]> {
  return membersOf(await configIn(context, await readFile(inputs.layout.genesisBlock)));
}

/** Makes sure that as many hospitals change the channel as the topology says. */
export async function settleRules(bringing: Bringing, asking: HospitalContext): Promise<void> {
  const { endorsements } = bringing.inputs.topology;
  const isSettled = (config: ChannelConfig) => signaturesNeeded(config) === endorsements;
  if (isSettled(await fetchConfig(asking, 'peer'))) return;
  const wanted = await wantedConfig(bringing.inputs);
  const change = changing(bringing, asking, `that ${endorsements} hospitals change the channel`);
  await change((config) => (isSettled(config) ? config : withRules(config, wanted)));
}

type Desired = (config: ChannelConfig) => ChannelConfig;

/** Changes the channel's configuration, unless it is so already, with the signatures of as many members as it takes. */
function changing(
  bringing: Bringing,
  asking: HospitalContext,
  why: string,
): (desiredOf: Desired) => Promise<void> {
  return async (desiredOf) => {
    const before = await fetchConfig(asking, 'orderer');
    const after = desiredOf(before);
    if (after === before) return;
    const signing = signersOf(before);
    bringing.onProgress(`${signing.join(', ')} sign ${why}`);
    const [submitter, ...cosigners] = hospitals(bringing).filter(({ hospital }) =>
      signing.includes(hospital.mspId),
    );
    if (submitter === undefined) throw new GroundError('CHANNEL_FAILED', 'No member can sign.');
    await updateConfig(bringing.inputs, submitter, { before, after }, cosigners);
  };
}

/** A hospital that was there before: the first of the topology. */
function memberBeside(bringing: Bringing, { hospital }: HospitalContext): HospitalContext {
  const member = hospitals(bringing).find((each) => each.hospital.id !== hospital.id);
  if (member === undefined) throw new GroundError('CHANNEL_FAILED', 'There is no other hospital.');
  return member;
}

/** The first configuration of a channel in which every hospital of the topology had been from the beginning. */
async function wantedConfig(inputs: PlanInputs): Promise<ChannelConfig> {
  const [first] = hospitals({ inputs });
  if (first === undefined) throw new GroundError('CHANNEL_FAILED', 'There is no hospital.');
  return configIn(first, await makeFirstBlock(inputs));
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
