// SPDX-License-Identifier: Apache-2.0
import { isAbsolute, join } from 'node:path';
import { mspId, type MspId } from '@tutela/chaincode/domain';
import { parseCommand, type PassphraseSource } from '@tutela/crypto/secrets';
import { z } from 'zod';
import type { Environment } from './env.js';

const MAX_UNIX_SOCKET_BYTES = 103;

/** What the gateway was told about its surroundings; paths are absolute, secrets are still in their files. */
export type Config = Readonly<{
  mspId: MspId;
  listen: Readonly<{ host: string; port: number }>;
  connectionsPerAddress: number;
  publicUrl: string;
  stateDir: string;
  operatorSocket: string;
  /** Where the own custodian asks for copies. */
  copiesSocket: string;
  tls: Readonly<{ certFile: string; keyFile: string; rootsFile: string }>;
  identity: Readonly<{ certFile: string; keyFile: string }>;
  peer: Readonly<{ endpoint: string; tlsRootFile: string }>;
  channel: string;
  chaincode: string;
  passphrase: PassphraseSource;
  kuboSocket: string;
  cluster: Readonly<{ url: string; credentialsFile: string }>;
  ca: Readonly<{ url: string; tlsRootFile: string }>;
  registrar: Readonly<{ certFile: string; keyFile: string }>;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}>;

/** A start-up fault that an operator can mend; the message names the variable or the file, never its content. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

const command = z.string().transform(parseCommand).pipe(z.array(z.string(), 'must be a JSON list of texts'));
const path = z.string().refine(isAbsolute, 'must be an absolute path');
const socketPath = path.refine(
  (value) => Buffer.byteLength(value) <= MAX_UNIX_SOCKET_BYTES,
  `must have at most ${MAX_UNIX_SOCKET_BYTES} bytes, the limit of a Unix socket`,
);
const endpoint = z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must be host:port');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const httpsOrigin = z
  .url({ protocol: /^https$/, error: 'must be an https address' })
  .refine((value) => new URL(value).origin === value, 'must be an origin without a path');
const name = z.string().regex(/^[a-z][a-z0-9.-]{0,62}$/, 'must be a lower-case name');

const environment = z.object({
  TUTELA_GATEWAY_MSP_ID: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/, 'must be an MSP id')
    .transform((value) => mspId(value, 'TUTELA_GATEWAY_MSP_ID')),
  TUTELA_GATEWAY_LISTEN: endpoint.transform(splitEndpoint),
  /** By default a quarter of all that the gateway takes. */
  TUTELA_GATEWAY_CONNECTIONS_PER_ADDRESS: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'must be a number from 1 to 9999')
    .transform(Number)
    .default(512),
  TUTELA_GATEWAY_PUBLIC_URL: httpsOrigin,
  TUTELA_GATEWAY_STATE_DIR: path.refine(
    (value) => socketPath.safeParse(join(value, 'operator.sock')).success,
    `is too deep: its operator.sock must have at most ${MAX_UNIX_SOCKET_BYTES} bytes`,
  ),
  TUTELA_GATEWAY_TLS_CERT_FILE: path,
  TUTELA_GATEWAY_TLS_KEY_FILE: path,
  TUTELA_GATEWAY_TLS_ROOTS_FILE: path,
  TUTELA_GATEWAY_IDENTITY_CERT_FILE: path,
  TUTELA_GATEWAY_IDENTITY_KEY_FILE: path,
  TUTELA_GATEWAY_PEER_ENDPOINT: endpoint,
  TUTELA_GATEWAY_PEER_TLS_ROOT_FILE: path,
  TUTELA_GATEWAY_CHANNEL: name,
  TUTELA_GATEWAY_CHAINCODE: name,
  /** One of the two; an empty text is none. */
  TUTELA_GATEWAY_PASSPHRASE_FILE: path.or(z.literal('')).optional(),
  TUTELA_GATEWAY_PASSPHRASE_COMMAND: command.or(z.literal('')).optional(),
  TUTELA_GATEWAY_KUBO_SOCKET: socketPath,
  TUTELA_GATEWAY_CLUSTER_URL: httpUrl,
  TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE: path,
  TUTELA_GATEWAY_CA_URL: httpUrl,
  TUTELA_GATEWAY_CA_TLS_ROOT_FILE: path,
  TUTELA_GATEWAY_REGISTRAR_CERT_FILE: path,
  TUTELA_GATEWAY_REGISTRAR_KEY_FILE: path,
  TUTELA_GATEWAY_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** Parses the environment. Throws {@link ConfigError} that names every variable that is missing or wrong. */
export function parseConfig(variables: Environment): Config {
  const parsed = parse(variables);
  return {
    mspId: parsed.TUTELA_GATEWAY_MSP_ID,
    listen: parsed.TUTELA_GATEWAY_LISTEN,
    connectionsPerAddress: parsed.TUTELA_GATEWAY_CONNECTIONS_PER_ADDRESS,
    publicUrl: parsed.TUTELA_GATEWAY_PUBLIC_URL,
    stateDir: parsed.TUTELA_GATEWAY_STATE_DIR,
    operatorSocket: join(parsed.TUTELA_GATEWAY_STATE_DIR, 'operator.sock'),
    copiesSocket: join(parsed.TUTELA_GATEWAY_STATE_DIR, 'copies.sock'),
    tls: {
      certFile: parsed.TUTELA_GATEWAY_TLS_CERT_FILE,
      keyFile: parsed.TUTELA_GATEWAY_TLS_KEY_FILE,
      rootsFile: parsed.TUTELA_GATEWAY_TLS_ROOTS_FILE,
    },
    identity: {
      certFile: parsed.TUTELA_GATEWAY_IDENTITY_CERT_FILE,
      keyFile: parsed.TUTELA_GATEWAY_IDENTITY_KEY_FILE,
    },
    peer: {
      endpoint: parsed.TUTELA_GATEWAY_PEER_ENDPOINT,
      tlsRootFile: parsed.TUTELA_GATEWAY_PEER_TLS_ROOT_FILE,
    },
    channel: parsed.TUTELA_GATEWAY_CHANNEL,
    chaincode: parsed.TUTELA_GATEWAY_CHAINCODE,
    passphrase: passphraseSource(parsed),
    kuboSocket: parsed.TUTELA_GATEWAY_KUBO_SOCKET,
    cluster: {
      url: parsed.TUTELA_GATEWAY_CLUSTER_URL,
      credentialsFile: parsed.TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE,
    },
    ca: { url: parsed.TUTELA_GATEWAY_CA_URL, tlsRootFile: parsed.TUTELA_GATEWAY_CA_TLS_ROOT_FILE },
    registrar: {
      certFile: parsed.TUTELA_GATEWAY_REGISTRAR_CERT_FILE,
      keyFile: parsed.TUTELA_GATEWAY_REGISTRAR_KEY_FILE,
    },
    logLevel: parsed.TUTELA_GATEWAY_LOG_LEVEL,
  };
}

function passphraseSource({
  TUTELA_GATEWAY_PASSPHRASE_FILE: file = '',
  TUTELA_GATEWAY_PASSPHRASE_COMMAND: command = '',
}: z.output<typeof environment>): PassphraseSource {
  if ((file === '') === (command === ''))
    throw new ConfigError(
      'either TUTELA_GATEWAY_PASSPHRASE_FILE or TUTELA_GATEWAY_PASSPHRASE_COMMAND must be set',
    );
  return command === '' ? { file } : { command };
}

function parse(variables: Environment): z.output<typeof environment> {
  const result = environment.safeParse(variables);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`the gateway cannot start with these variables: ${faults.join('; ')}`);
}

function splitEndpoint(value: string): Config['listen'] {
  const colon = value.lastIndexOf(':');
  return { host: value.slice(0, colon), port: Number(value.slice(colon + 1)) };
}
