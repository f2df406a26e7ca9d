// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { listedOrderers, type PlanInputs } from '../plan/context.js';
import type { ChannelConfig } from './channel-config.js';

const addresses = z.looseObject({ value: z.looseObject({ addresses: z.array(z.string()).nullish() }) });
const hospital = z.looseObject({ values: z.looseObject({ Endpoints: addresses.optional() }) });
const channel = z.looseObject({ values: z.looseObject({ OrdererAddresses: addresses.optional() }) });

/** Orderers' addresses in the channel's configuration that peers were not told: they may take blocks there. */
export function unknownAddresses(config: ChannelConfig, inputs: PlanInputs): readonly string[] {
  const known = listedOrderers(inputs);
  return ordererAddresses(config).filter((address) => !known.includes(address));
}

function ordererAddresses({ channel_group: group }: ChannelConfig): readonly string[] {
  const shared = channel.parse(group).values.OrdererAddresses;
  const own = Object.values(group.groups.Orderer.groups).map((each) => hospital.parse(each).values.Endpoints);
  return [shared, ...own].flatMap((each) => each?.value.addresses ?? []);
}
