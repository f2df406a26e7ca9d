// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Manifest } from '@tutela/chaincode/domain';
import { setting, type Hospital } from './consortium.js';
import { LedgerClient } from './ledger-client.js';

/** A ledger client with one of a hospital's own process identities: what its insiders and its thieves have. */
export function insider(
  hospital: Hospital,
  identity: 'gateway' | 'custodian' | 'registrar' = 'gateway',
): LedgerClient {
  const { gatewayEnv, custodianEnv } = hospital;
  const files: Readonly<Record<typeof identity, readonly [string, string]>> = {
    gateway: [
      setting(gatewayEnv, 'TUTELA_GATEWAY_IDENTITY_CERT_FILE'),
      setting(gatewayEnv, 'TUTELA_GATEWAY_IDENTITY_KEY_FILE'),
    ],
    custodian: [
      setting(custodianEnv, 'TUTELA_CUSTODIAN_IDENTITY_CERT_FILE'),
      setting(custodianEnv, 'TUTELA_CUSTODIAN_IDENTITY_KEY_FILE'),
    ],
    registrar: [
      setting(gatewayEnv, 'TUTELA_GATEWAY_REGISTRAR_CERT_FILE'),
      setting(gatewayEnv, 'TUTELA_GATEWAY_REGISTRAR_KEY_FILE'),
    ],
  };
  const [certFile, keyFile] = files[identity];
  return new LedgerClient({
    mspId: hospital.mspId,
    certFile,
    keyFile,
    peerEndpoint: setting(gatewayEnv, 'TUTELA_GATEWAY_PEER_ENDPOINT'),
    tlsRootFile: setting(gatewayEnv, 'TUTELA_GATEWAY_PEER_TLS_ROOT_FILE'),
    channel: setting(gatewayEnv, 'TUTELA_GATEWAY_CHANNEL'),
    chaincode: setting(gatewayEnv, 'TUTELA_GATEWAY_CHAINCODE'),
  });
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
