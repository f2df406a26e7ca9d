// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import type { HospitalContext, PlanInputs } from '../plan/context.js';
import { runOrThrow, type Patience } from '../process/run.js';
import { ordererArguments } from './orderer-arguments.js';
import { peerCommand } from './peer-command.js';

const toolTimeoutMs = 30_000;

/** `CONFIG_UPDATE` among Fabric's header types (fabric-protos, common/common.proto). */
const configUpdateType = 2;

const membership = z.looseObject({ revocation_list: z.array(z.string()).nullish() });
const organization = z.looseObject({
  values: z.looseObject({ MSP: z.looseObject({ value: z.looseObject({ config: membership }) }) }),
});
const policies = z.record(z.string(), z.unknown());
const part = z.looseObject({ groups: z.record(z.string(), organization), policies });

/** The channel's configuration as configtxlator writes it in JSON; only what is read here is spelled out. */
const channelConfig = z.looseObject({
  channel_group: z.looseObject({ groups: z.looseObject({ Application: part, Orderer: part }) }),
});
const configBlock = z.looseObject({
  data: z.looseObject({
    data: z
      .array(z.looseObject({ payload: z.looseObject({ data: z.looseObject({ config: channelConfig }) }) }))
      .min(1),
  }),
});

export type ChannelConfig = z.output<typeof channelConfig>;

/** Reads the channel's configuration as the hospital's orderer, or as its peer, has it now. */
export async function fetchConfig(
  context: HospitalContext,
  from: 'orderer' | 'peer',
  patience: Patience = {},
): Promise<ChannelConfig> {
  return configIn(context, await fetchConfigBlock(context, from, patience));
}

/** Fetches the latest block that changed the channel's configuration. */
export function fetchConfigBlock(
  context: HospitalContext,
  from: 'orderer' | 'peer',
  patience: Patience = {},
): Promise<Buffer> {
  return inDraftFolder(context, async (folder) => {
    const file = join(folder, 'block.pb');
    const source = from === 'orderer' ? ordererArguments(context) : [];
    const args = ['channel', 'fetch', 'config', file, '-c', context.topology.channel, ...source];
    await runOrThrow(peerCommand(context, args, patience));
    return readFile(file);
  });
}

/** The channel's configuration that a block brought. */
export function configIn(context: HospitalContext, bytes: Uint8Array): Promise<ChannelConfig> {
  return inDraftFolder(context, async (folder) => {
    const file = join(folder, 'block.pb');
    await writeFile(file, bytes);
    const block = configBlock.parse(await decode(context, 'common.Block', file));
    const config = block.data.data[0]?.payload.data.config;
    if (config === undefined) throw new GroundError('CHANNEL_FAILED', 'The configuration block is empty.');
    return config;
  });
}

/** A change of the channel's configuration. */
export interface ConfigChange {
  readonly before: ChannelConfig;
  readonly after: ChannelConfig;
}

/**
 * Changes the channel's configuration with the signature of the hospital's administrator, and of those of others
 * where the channel's rules demand them.
 * @throws GroundError COMMAND_FAILED with the orderer's reason, such as too few signatures.
 */
export function updateConfig(
  inputs: PlanInputs,
  context: HospitalContext,
  change: ConfigChange,
  cosigners: readonly HospitalContext[] = [],
): Promise<void> {
  const { channel } = inputs.topology;
  return inDraftFolder(context, async (folder) => {
    const at = (name: string) => join(folder, name);
    await encode(context, 'common.Config', change.before, at('before'));
    await encode(context, 'common.Config', change.after, at('after'));
    const files = ['--original', at('before'), '--updated', at('after'), '--output', at('update')];
    await translate(context, ['compute_update', '--channel_id', channel, ...files]);
    const update = await decode(context, 'common.ConfigUpdate', at('update'));
    const header = { channel_header: { channel_id: channel, type: configUpdateType } };
    const envelope = { payload: { header, data: { config_update: update } } };
    await encode(context, 'common.Envelope', envelope, at('envelope'));
    for (const cosigner of cosigners)
      await runOrThrow(peerCommand(cosigner, ['channel', 'signconfigtx', '-f', at('envelope')]));
    const args = ['channel', 'update', '-f', at('envelope'), '-c', channel];
    await runOrThrow(peerCommand(context, [...args, ...ordererArguments(context)]));
  });
}

async function encode(context: HospitalContext, type: string, value: object, output: string): Promise<void> {
  await writeFile(`${output}.json`, JSON.stringify(value));
  await translate(context, ['proto_encode', '--type', type, '--input', `${output}.json`, '--output', output]);
}

async function decode(context: HospitalContext, type: string, input: string): Promise<unknown> {
  const output = `${input}.json`;
  await translate(context, ['proto_decode', '--type', type, '--input', input, '--output', output]);
  return JSON.parse(await readFile(output, 'utf8'));
}

/** Its output goes to files: left alone it opens its standard output by path, which no socket bears. */
async function translate(context: HospitalContext, args: readonly string[]): Promise<void> {
  const command = context.program('configtxlator');
  await runOrThrow({ command, args, env: {}, cwd: context.at.operator, timeoutMs: toolTimeoutMs });
}

async function inDraftFolder<T>({ at }: HospitalContext, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(at.operator, 'config-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
