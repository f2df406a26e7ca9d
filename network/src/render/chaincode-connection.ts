// SPDX-License-Identifier: Apache-2.0
import { reached, type HospitalContext } from '../plan/context.js';

/** The PEM texts with which a peer and its chaincode server recognise one another. */
export interface ConnectionSecrets {
  readonly root: string;
  readonly cert: string;
  readonly key: string;
}

/** Renders `connection.json`: where the hospital's chaincode server is, with mutual TLS. */
export function chaincodeConnection(
  context: HospitalContext,
  { root, cert, key }: ConnectionSecrets,
): object {
  return {
    address: reached(context, context.ports.chaincode),
    dial_timeout: '10s',
    tls_required: true,
    client_auth_required: true,
    root_cert: root,
    client_cert: cert,
    client_key: key,
  };
}
