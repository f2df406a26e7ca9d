// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { reached, type HospitalContext } from '../plan/context.js';
import type { IdentityHolder } from '../plan/layout.js';
import type { CommandRun, Patience } from '../process/run.js';

const commandTimeoutMs = 60_000;

/** The environment in which the ordinary `peer` command speaks to the hospital's peer as one of its identities. */
export function peerEnvironment(context: HospitalContext, as: IdentityHolder): Record<string, string> {
  const { at, hospital, ports } = context;
  return {
    FABRIC_CFG_PATH: join(at.peer, 'config'),
    FABRIC_LOGGING_SPEC: 'error',
    CORE_PEER_ADDRESS: reached(context, ports.peer),
    CORE_PEER_LOCALMSPID: hospital.mspId,
    CORE_PEER_MSPCONFIGPATH: at.identity(as).mspDir,
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: at.tlsCaCertFile,
  };
}

/** A run of the `peer` command, as the hospital's administrator unless another identity is named. */
export function peerCommand(
  context: HospitalContext,
  args: readonly string[],
  { as = 'admin', timeoutMs = commandTimeoutMs }: { readonly as?: IdentityHolder } & Patience = {},
): CommandRun {
  return {
    command: context.program('peer'),
    args,
    env: peerEnvironment(context, as),
    cwd: context.at.peer,
    timeoutMs,
  };
}
