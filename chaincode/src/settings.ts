// SPDX-License-Identifier: Apache-2.0
import { text } from './domain/decode.js';

const path = text(4096);
const decoders = {
  address: ['TUTELA_CHAINCODE_ADDRESS', text(255, /^[A-Za-z0-9.-]+:\d{1,5}$/)],
  chaincodeId: ['TUTELA_CHAINCODE_ID', text(255)],
  tlsKeyFile: ['TUTELA_CHAINCODE_TLS_KEY_FILE', path],
  tlsCertFile: ['TUTELA_CHAINCODE_TLS_CERT_FILE', path],
  tlsClientCaFile: ['TUTELA_CHAINCODE_TLS_CLIENT_CA_FILE', path],
  digest: ['TUTELA_CHAINCODE_DIGEST', text(64, /^[0-9a-f]{64}$/)],
  founders: ['TUTELA_CHAINCODE_FOUNDERS', text(2, /^([2-9]|[12]\d|3[01])$/)],
} as const;

/** What the chaincode server is told by its environment; files are PEM. */
export type Settings = Readonly<Record<keyof typeof decoders, string>>;

/** Reads the settings from environment variables; throws BAD_REQUEST naming the one that is missing or wrong. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const values = Object.entries(decoders).map(([name, [variable, decode]]) => [
    name,
    decode(environment[variable], variable),
  ]);
  // Every member of the settings was decoded just above.
  return Object.fromEntries(values) as Settings;
}
