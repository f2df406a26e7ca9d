// SPDX-License-Identifier: Apache-2.0
import { fetchConfig, updateConfig, type ChannelConfig } from '../lifecycle/channel-config.js';
import { contextOf, openInputs } from './administrator.js';

/** The organisation that somebody tries to bring in uninvited. */
export const uninvited = 'MalloryMSP';

/**
 * Tries to make a further organisation a member of the channel with one hospital's administrator alone, who signs as
 * that hospital's or as the organisation's own; its authority is the hospital's, so nothing but the rules is against it.
 * @throws GroundError COMMAND_FAILED with the orderer's reason.
 */
export async function bringInUninvited(root: string, by: string, as: 'member' | 'uninvited'): Promise<void> {
  const inputs = await openInputs(root);
  const context = contextOf(inputs, by);
  const { hospital } = context;
  const before = await fetchConfig(context, 'orderer');
  const after = withOrganization(before, hospital.mspId);
  const mspId = as === 'member' ? hospital.mspId : uninvited;
  await updateConfig(inputs, { ...context, hospital: { ...hospital, mspId } }, { before, after });
}

/** The configuration with a copy of a member under another name. */
function withOrganization(config: ChannelConfig, mspId: string): ChannelConfig {
  const changed = structuredClone(config);
  const { groups } = changed.channel_group.groups.Application;
  const copied = JSON.stringify(groups[mspId]).replaceAll(mspId, uninvited);
  groups[uninvited] = JSON.parse(copied) as NonNullable<(typeof groups)[string]>;
  return changed;
}
