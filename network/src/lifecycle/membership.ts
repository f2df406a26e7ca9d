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

/** An ordering node with a vote, as the channel's configuration names it. */
export type Consenter = z.output<typeof consenter>;

/** Where an ordering node is reached. */
export type ConsenterAddress = Pick<Consenter, 'host' | 'port'>;

/** The MSP ids of the members of the channel. */
export function membersOf({ channel_group: { groups } }: ChannelConfig): readonly string[] {
  return Object.keys(groups.Application.groups);
}

/** The MSP ids of the hospitals that order the channel's transactions. */
export function orderingMembersOf({ channel_group: { groups } }: ChannelConfig): readonly string[] {
  return Object.keys(groups.Orderer.groups);
}

/** Whether an ordering node votes on the channel's next block. */
export function hasConsenter(config: ChannelConfig, address: ConsenterAddress): boolean {
  return consentersOf(config).some(isAt(address));
}

/**
 * The channel's configuration with one more member, as member and, if it orders, as orderer; `wanted` is the first
 * configuration of a channel in which all of them had been from the beginning.
 */
export function withMember(config: ChannelConfig, wanted: ChannelConfig, mspId: string): ChannelConfig {
  const changed = structuredClone(config);
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

/**
 * Whose administrators together may change who the members are: the channel asks for a majority of its members,
 * and for one of those who order.
 */
export function majorityOf(config: ChannelConfig): readonly string[] {
  const ordering = firstMajority(orderingMembersOf(config));
  const members = membersOf(config);
  const others = members.filter((mspId) => !ordering.includes(mspId));
  const missing = Math.floor(members.length / 2) + 1 - ordering.length;
  return [...ordering, ...others.slice(0, Math.max(missing, 0))];
}

function firstMajority(mspIds: readonly string[]): readonly string[] {
  return mspIds.slice(0, Math.floor(mspIds.length / 2) + 1);
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
