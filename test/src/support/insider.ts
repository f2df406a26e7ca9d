// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Manifest, ReleaseContext } from '@tutela/chaincode/domain';
import { setting, type Hospital } from './consortium.js';
import { LedgerClient, type LedgerSettings } from './ledger-client.js';

/** Identities of a hospital's own processes, whose keys lie on its disk. */
export type ProcessIdentity = 'gateway' | 'custodian' | 'registrar';

const KEY_FILES = {
  gateway: ['TUTELA_GATEWAY_IDENTITY_CERT_FILE', 'TUTELA_GATEWAY_IDENTITY_KEY_FILE'],
  custodian: ['TUTELA_CUSTODIAN_IDENTITY_CERT_FILE', 'TUTELA_CUSTODIAN_IDENTITY_KEY_FILE'],
  registrar: ['TUTELA_GATEWAY_REGISTRAR_CERT_FILE', 'TUTELA_GATEWAY_REGISTRAR_KEY_FILE'],
} as const;

/** A ledger client with one of a hospital's own process identities: what its insiders and its thieves have. */
export function insider(hospital: Hospital, identity: ProcessIdentity = 'gateway'): LedgerClient {
  return new LedgerClient(insiderSettings(hospital, identity));
}

/** How a hospital's own process speaks to the ledger through its own peer. */
export function insiderSettings(hospital: Hospital, identity: ProcessIdentity): LedgerSettings {
  const env = { ...hospital.gatewayEnv, ...hospital.custodianEnv };
  const [certFile, keyFile] = KEY_FILES[identity];
  return {
    mspId: hospital.mspId,
    certificate: readFileSync(setting(env, certFile), 'utf8'),
    privateKey: readFileSync(setting(env, keyFile), 'utf8'),
    peerEndpoint: setting(env, 'TUTELA_GATEWAY_PEER_ENDPOINT'),
    tlsRootFile: setting(env, 'TUTELA_GATEWAY_PEER_TLS_ROOT_FILE'),
    channel: setting(env, 'TUTELA_GATEWAY_CHANNEL'),
    chaincode: setting(env, 'TUTELA_GATEWAY_CHAINCODE'),
  };
}

/** What a custodian's peer shows of an intent: whole manifests and capsules, as they lie in private data. */
export async function releaseContextAt(hospital: Hospital, intentId: string): Promise<ReleaseContext> {
  const ledger = insider(hospital, 'custodian');
  try {
    return (await ledger.evaluate('access:GetReleaseContext', { intentId })) as ReleaseContext;
  } finally {
    ledger.close();
  }
}

const parts = z.object({
  segments: z.array(
    z.object({
      segmentId: z.string(),
      parts: z.array(z.object({ cid: z.string(), sha256: z.string(), size: z.int() })),
    }),
  ),
});

/** The private manifest of a record as a member hospital's process may read it. */
export async function manifestOf(hospital: Hospital, recordId: string): Promise<Manifest> {
  const client = insider(hospital);
  try {
    const manifest = await client.evaluate('record:GetManifest', { recordId });
    parts.parse(manifest);
    // The parts were checked just above; the rest of the manifest is what the chaincode accepted.
    return manifest as Manifest;
  } finally {
    client.close();
  }
}
