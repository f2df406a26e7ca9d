// SPDX-License-Identifier: Apache-2.0

/** Every environment variable that the gateway knows; `example.env` lists the same names. */
export const ENVIRONMENT_NAMES = [
  'TUTELA_GATEWAY_MSP_ID',
  'TUTELA_GATEWAY_LISTEN',
  'TUTELA_GATEWAY_PUBLIC_URL',
  'TUTELA_GATEWAY_STATE_DIR',
  'TUTELA_GATEWAY_TLS_CERT_FILE',
  'TUTELA_GATEWAY_TLS_KEY_FILE',
  'TUTELA_GATEWAY_TLS_ROOTS_FILE',
  'TUTELA_GATEWAY_IDENTITY_CERT_FILE',
  'TUTELA_GATEWAY_IDENTITY_KEY_FILE',
  'TUTELA_GATEWAY_PEER_ENDPOINT',
  'TUTELA_GATEWAY_PEER_TLS_ROOT_FILE',
  'TUTELA_GATEWAY_CHANNEL',
  'TUTELA_GATEWAY_CHAINCODE',
  'TUTELA_GATEWAY_PASSPHRASE_FILE',
  'TUTELA_GATEWAY_PASSPHRASE_COMMAND',
  'TUTELA_GATEWAY_KUBO_SOCKET',
  'TUTELA_GATEWAY_CLUSTER_URL',
  'TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE',
  'TUTELA_GATEWAY_CA_URL',
  'TUTELA_GATEWAY_CA_TLS_ROOT_FILE',
  'TUTELA_GATEWAY_REGISTRAR_CERT_FILE',
  'TUTELA_GATEWAY_REGISTRAR_KEY_FILE',
  'TUTELA_GATEWAY_CONNECTIONS_PER_ADDRESS',
  'TUTELA_GATEWAY_LOG_LEVEL',
] as const;

export type EnvironmentName = (typeof ENVIRONMENT_NAMES)[number];

/** Text of each variable that is set. */
export type Environment = Readonly<Partial<Record<EnvironmentName, string>>>;

/** Where systemd lays the credentials of this process down, if it does. */
export function credentialsFolder(): string | undefined {
  return process.env['CREDENTIALS_DIRECTORY'];
}

/** With {@link credentialsFolder} the only place that reads the process environment. */
export function readEnvironment(): Environment {
  const known = ENVIRONMENT_NAMES.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined && value !== ''));
}
