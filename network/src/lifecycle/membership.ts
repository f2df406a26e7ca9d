// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { GroundError } from '../errors.js';
import type { ChannelConfig } from './channel-config.js';

const consenter = z.looseObject({ host: z.string(), port: z.int() });
const consensus = z.looseObject({
  ConsensusType: z.looseObject({
    value: z.looseObject({ metadata: z.looseObject({ consenters: z.array(consenter) }) }),
  }),
});

const signatures = z.looseObject({
  policy: z.looseObject({
    value: z.looseObject({ rule: z.looseObject({ n_out_of: z.looseObject({ n: z.int() }) }) }),
  }),
});

/** Rules of the channel that name the hospitals and how many of them it takes. */
const countedRules = {
  Application: ['Admins', 'LifecycleEndorsement', 'Endorsement'],
  Orderer: ['Admins'],
} as const;

/** An ordering node with a vote, as the channel's configuration names it. */
export type Consenter = z.output<typeof consenter>;

/** Where an ordering node is reached. */
export type ConsenterAddress = Pick<Consenter, 'host' | 'port'>;

/** The MSP ids of the members of the channel. */
export function membersOf({ channel_group: { groups } }: ChannelConfig): readonly string[] {
  return Object.keys(groups.Application.groups);
}

/** Whether an ordering node votes on the channel's next block. */
export function hasConsenter(config: ChannelConfig, address: ConsenterAddress): boolean {
  return consentersOf(config).some(isAt(address));
}

/**
 * The channel's configuration with one more member, as member and, if it orders, as orderer, and with the rules that
 * count it; `wanted` is the first configuration of a channel in which all of them had been from the beginning.
 */
export function withMember(config: ChannelConfig, wanted: ChannelConfig, mspId: string): ChannelConfig {
  const changed = withRules(config, wanted);
  for (const part of ['Application', 'Orderer'] as const) {
    const group = wanted.channel_group.groups[part].groups[mspId];
    if (group !== undefined) changed.channel_group.groups[part].groups[mspId] = group;
  }
  if (!membersOf(changed).includes(mspId))
    throw new GroundError('CHANNEL_FAILED', `The topology has no hospital ${mspId}.`);
  return changed;
}

/** The channel's configuration with one more vote on the next block, as `wanted` describes it. */
export function withConsenter(
  config: ChannelConfig,
  wanted: ChannelConfig,
  address: ConsenterAddress,
): ChannelConfig {
  const changed = structuredClone(config);
  const added = consentersOf(wanted).find(isAt(address));
  if (added === undefined)
    throw new GroundError(
      'CHANNEL_FAILED',
      `The topology has no orderer at ${address.host}:${address.port}.`,
    );
  if (!hasConsenter(changed, address)) consentersOf(changed).push(added);
  return changed;
}

/** The channel's configuration with the rules of `wanted` on how many hospitals it takes to change anything. */
export function withRules(config: ChannelConfig, wanted: ChannelConfig): ChannelConfig {
  const changed = structuredClone(config);
  for (const part of ['Application', 'Orderer'] as const) {
    const rules = wanted.channel_group.groups[part].policies;
    for (const name of countedRules[part]) changed.channel_group.groups[part].policies[name] = rules[name];
  }
  return changed;
}

/** How many hospitals' administrators must sign a change of the channel. */
export function signaturesNeeded({ channel_group: { groups } }: ChannelConfig): number {
  const parsed = signatures.safeParse(groups.Application.policies['Admins']);
  if (!parsed.success)
    throw new GroundError('CHANNEL_FAILED', 'The channel does not say how many hospitals may change it.');
  return parsed.data.policy.value.rule.n_out_of.n;
}

/** Whose administrators together may change the channel: the first members, as many as it takes, after the one that asks. */
export function signersOf(config: ChannelConfig, asking?: string): readonly string[] {
  const members = membersOf(config);
  const ordered = [
    ...members.filter((each) => each === asking),
    ...members.filter((each) => each !== asking),
  ];
  return ordered.slice(0, signaturesNeeded(config));
}

/** The list itself, inside the configuration. */
function consentersOf({ channel_group: { groups } }: ChannelConfig): Consenter[] {
  const { values } = groups.Orderer as { readonly values?: unknown };
  const parsed = consensus.safeParse(values);
  if (!parsed.success)
    throw new GroundError('CHANNEL_FAILED', 'The channel’s configuration names no orderers.');
  return (values as z.output<typeof consensus>).ConsensusType.value.metadata.consenters;
}

function isAt({ host, port }: ConsenterAddress): (each: ConsenterAddress) => boolean {
  return (each) => each.host === host && each.port === port;
}
