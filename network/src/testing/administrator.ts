// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { fetchConfig, updateConfig, type ChannelConfig } from '../lifecycle/channel-config.js';
import { openState, planInputs, releaseChaincode, shippedChaincode } from '../lifecycle/state.js';
import { hospitalContext, reached, type HospitalContext, type PlanInputs } from '../plan/context.js';
import { resolveBinaries } from '../tools/resolve.js';

/** With what one hospital's administrator speaks to that hospital's orderer; files are PEM. */
export interface Administrator {
  readonly mspId: string;
  readonly channel: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** `host:port` of the orderer. */
  readonly orderer: string;
  readonly tlsRootFile: string;
}

/** A certificate and its private key: files, PEM. */
export interface Credentials {
  readonly certFile: string;
  readonly keyFile: string;
}

/** With what a hospital's peer and orderer speak, and where its peer is reached. */
export interface Nodes {
  readonly mspId: string;
  readonly channel: string;
  readonly orderer: Credentials;
  readonly peer: Credentials;
  readonly peerTls: Credentials;
  /** `host:port` of the peer. */
  readonly peerAddress: string;
  readonly tlsRootFile: string;
}

/** What a hospital's own entry in the channel's configuration names as TLS authorities: PEM, in base64. */
export type TlsAuthorities = readonly string[];

/** The administrator of a hospital of a running consortium. */
export async function administratorOf(root: string, id: string): Promise<Administrator> {
  const inputs = await openInputs(root);
  const context = contextOf(inputs, id);
  const { at, hospital, ports } = context;
  const { certFile, keyFile } = at.identity('admin');
  return {
    mspId: hospital.mspId,
    channel: inputs.topology.channel,
    certFile,
    keyFile,
    orderer: reached(context, ports.orderer),
    tlsRootFile: at.tlsCaCertFile,
  };
}

/** The peer and the orderer of a hospital of a running consortium. */
export async function nodesOf(root: string, id: string): Promise<Nodes> {
  const inputs = await openInputs(root);
  const context = contextOf(inputs, id);
  const { at, hospital, ports } = context;
  const credentials = ({ certFile, keyFile }: Credentials) => ({ certFile, keyFile });
  return {
    mspId: hospital.mspId,
    channel: inputs.topology.channel,
    orderer: credentials(at.identity('orderer')),
    peer: credentials(at.identity('peer')),
    peerTls: credentials(at.tls('peer')),
    peerAddress: reached(context, ports.peer),
    tlsRootFile: at.tlsCaCertFile,
  };
}

/**
 * Changes the TLS authorities in a hospital's own entry, as member and as orderer, with the signature of its own
 * administrator and of those of the named hospitals. `change` gets those of every hospital by MSP id.
 * @throws GroundError COMMAND_FAILED with the orderer's reason.
 */
export async function changeTlsAuthorities(
  root: string,
  id: string,
  change: (all: ReadonlyMap<string, TlsAuthorities>) => TlsAuthorities,
  cosigners: readonly string[] = [],
): Promise<void> {
  const inputs = await openInputs(root);
  const context = contextOf(inputs, id);
  const before = await fetchConfig(context, 'orderer');
  const mspIds = inputs.topology.hospitals.map(({ mspId }) => mspId);
  const all = new Map(mspIds.map((mspId) => [mspId, authoritiesOf(before, mspId)]));
  const after = withAuthorities(before, context.hospital.mspId, change(all));
  const signing = cosigners.map((cosigner) => contextOf(inputs, cosigner));
  await updateConfig(inputs, context, { before, after }, signing);
}

/**
 * Adds addresses under which a hospital's orderer is said to be reached, with that hospital's own administrator alone.
 * @throws GroundError COMMAND_FAILED with the orderer's reason.
 */
export async function addOrdererAddresses(root: string, id: string, added: readonly string[]): Promise<void> {
  const inputs = await openInputs(root);
  const context = contextOf(inputs, id);
  const before = await fetchConfig(context, 'orderer');
  const after = structuredClone(before);
  const own = after.channel_group.groups.Orderer.groups[context.hospital.mspId];
  const { value, ...rules } = endpoints.parse(own?.values['Endpoints']);
  Object.assign(own?.values ?? {}, {
    Endpoints: { ...rules, value: { addresses: [...value.addresses, ...added] } },
  });
  await updateConfig(inputs, context, { before, after });
}

/** Everything from which the processes of a running consortium are derived. */
export async function openInputs(root: string): Promise<PlanInputs> {
  const [state, binaries, { release }] = await Promise.all([
    openState(root),
    resolveBinaries({ compile: false }),
    releaseChaincode(shippedChaincode),
  ]);
  return planInputs(state, binaries, release);
}

/** One hospital of it. */
export function contextOf(inputs: PlanInputs, id: string): HospitalContext {
  const hospital = inputs.topology.hospitals.find((each) => each.id === id);
  if (hospital === undefined) throw new Error(`there is no hospital ${id}`);
  return hospitalContext(inputs, hospital);
}

const endpoints = z.looseObject({ value: z.looseObject({ addresses: z.array(z.string()) }) });
const entry = z.looseObject({ tls_root_certs: z.array(z.string()) });

function authoritiesOf(config: ChannelConfig, mspId: string): TlsAuthorities {
  const found = config.channel_group.groups.Application.groups[mspId]?.values.MSP.value.config;
  return entry.parse(found).tls_root_certs;
}

function withAuthorities(config: ChannelConfig, mspId: string, authorities: TlsAuthorities): ChannelConfig {
  const changed = structuredClone(config);
  const { Application, Orderer } = changed.channel_group.groups;
  for (const part of [Application, Orderer]) {
    const own = part.groups[mspId]?.values.MSP.value.config;
    if (own !== undefined) Object.assign(own, { tls_root_certs: authorities });
  }
  return changed;
}
