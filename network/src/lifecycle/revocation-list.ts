// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { GroundError } from '../errors.js';
import { CaClient, caCredentials, type CaCredentials } from '../identity/ca-client.js';
import { reached, type HospitalContext, type PlanInputs } from '../plan/context.js';
import { waitFor } from '../process/wait.js';
import { fetchConfig, updateConfig, type ChannelConfig } from './channel-config.js';
import { hospitals } from './context.js';
import { signersOf } from './membership.js';

const seenTimeoutMs = 30_000;

/** Revokes every certificate of one of the hospital's people, at its own authority alone. */
export async function revokeIdentity(context: HospitalContext, id: string): Promise<void> {
  await asRegistrar(context, (client, registrar) => client.revoke(id, registrar));
}

/**
 * Puts the list of what the hospital's authority revoked into its membership on the channel, as member and as
 * orderer, signed by as many administrators as change the channel, its own first; returns once its own peer goes by it.
 * Until then a revoked certificate is as good as before, everywhere.
 */
export async function publishRevocations(inputs: PlanInputs, context: HospitalContext): Promise<void> {
  const list = await asRegistrar(context, (client, registrar) => client.revocationList(registrar));
  const { mspId } = context.hospital;
  const before = await fetchConfig(context, 'orderer');
  const after = withRevocationList(before, mspId, list);
  const signing = signersOf(before, mspId);
  const cosigners = hospitals({ inputs }).filter(
    ({ hospital }) => hospital.mspId !== mspId && signing.includes(hospital.mspId),
  );
  await updateConfig(inputs, context, { before, after }, cosigners);
  const seen = await waitFor(
    async () => (isKnown(await fetchConfig(context, 'peer'), mspId, list) ? true : undefined),
    { timeoutMs: seenTimeoutMs },
  );
  if (seen === true) return;
  throw new GroundError('CHANNEL_FAILED', `The peer of ${context.hospital.name} did not see the new list.`, {
    advice: 'Run the command again; see `tutela status`.',
  });
}

/** The channel's configuration with another list in the membership of one hospital. */
export function withRevocationList(config: ChannelConfig, mspId: string, listPem: string): ChannelConfig {
  const changed = structuredClone(config);
  const entries = memberships(changed, mspId);
  if (entries.length === 0)
    throw new GroundError('CHANNEL_FAILED', `The channel knows no hospital ${mspId}.`);
  for (const each of entries) each.revocation_list = [Buffer.from(listPem).toString('base64')];
  return changed;
}

function isKnown(config: ChannelConfig, mspId: string, listPem: string): boolean {
  const wanted = Buffer.from(listPem).toString('base64');
  return memberships(config, mspId).every(({ revocation_list: lists }) => lists?.includes(wanted) === true);
}

/** The hospital's membership as the channel has it: once as a member, and once more if it runs an orderer. */
function memberships({ channel_group: { groups } }: ChannelConfig, mspId: string) {
  const found = [groups.Application, groups.Orderer].map(
    (part) => part.groups[mspId]?.values.MSP.value.config,
  );
  return found.filter((each) => each !== undefined);
}

async function asRegistrar<T>(
  context: HospitalContext,
  work: (client: CaClient, registrar: CaCredentials) => Promise<T>,
): Promise<T> {
  const { certFile, keyFile } = context.at.identity('registrar');
  const [rootPem, certPem, keyPem] = await Promise.all(
    [context.at.caCertFile, certFile, keyFile].map((file) => readFile(file, 'utf8')),
  );
  const url = `https://${reached(context, context.ports.ca)}`;
  const client = new CaClient({ url, rootPem: rootPem ?? '', authority: 'ca' });
  try {
    return await work(client, caCredentials(certPem ?? '', keyPem ?? ''));
  } finally {
    await client.close();
  }
}
