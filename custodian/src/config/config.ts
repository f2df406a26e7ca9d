// SPDX-License-Identifier: Apache-2.0
import { parseCommand, type PassphraseSource } from '@tutela/crypto/secrets';
import { z } from 'zod';

const command = z.string().transform(parseCommand).pipe(z.array(z.string(), 'must be a JSON list of texts'));
const path = z.string().min(1).max(4096);
const address = z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/);
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/);

const number = (min: number, max: number, fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** The environment of a custodian; `example.env` lists the same names. */
export const environment = z.object({
  TUTELA_CUSTODIAN_MSP_ID: z.string().regex(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/),
  TUTELA_CUSTODIAN_LISTEN: address,
  TUTELA_CUSTODIAN_URL: z.string().regex(/^https:\/\/[A-Za-z0-9.-]+:\d{1,5}$/),
  TUTELA_CUSTODIAN_STATE_DIR: path,
  TUTELA_CUSTODIAN_TLS_CERT_FILE: path,
  TUTELA_CUSTODIAN_TLS_KEY_FILE: path,
  TUTELA_CUSTODIAN_TLS_ROOTS_FILE: path,
  TUTELA_CUSTODIAN_IDENTITY_CERT_FILE: path,
  TUTELA_CUSTODIAN_IDENTITY_KEY_FILE: path,
  TUTELA_CUSTODIAN_PEER_ENDPOINT: address,
  TUTELA_CUSTODIAN_PEER_TLS_ROOT_FILE: path,
  TUTELA_CUSTODIAN_CHANNEL: name,
  TUTELA_CUSTODIAN_CHAINCODE: name,
  TUTELA_CUSTODIAN_COPIES_SOCKET: path,
  /** One of the two; an empty text is none. */
  TUTELA_CUSTODIAN_PASSPHRASE_FILE: path.or(z.literal('')).optional(),
  TUTELA_CUSTODIAN_PASSPHRASE_COMMAND: command.or(z.literal('')).optional(),
  TUTELA_CUSTODIAN_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  TUTELA_CUSTODIAN_FRESHNESS_SECONDS: number(10, 600, 60),
  TUTELA_CUSTODIAN_REFRESH_DAYS: number(1, 366, 30),
  TUTELA_CUSTODIAN_RECONCILE_HOURS: number(1, 744, 24),
  TUTELA_CUSTODIAN_PATIENCE_MS: number(100, 60_000, 5_000),
  TUTELA_CUSTODIAN_PRACTITIONER_INTENTS_PER_MINUTE: number(1, 1_000_000, 1_200),
  TUTELA_CUSTODIAN_HOSPITAL_INTENTS_PER_MINUTE: number(1, 1_000_000, 12_000),
});

/** What a custodian needs to know to start; times in milliseconds. */
export type Config = Readonly<{
  mspId: string;
  listen: Readonly<{ host: string; port: number }>;
  url: string;
  stateDir: string;
  passphrase: PassphraseSource;
  /** Where systemd lays credentials down, if it does. */
  credentialsFolder: string | undefined;
  logLevel: string;
  tls: Readonly<{ certFile: string; keyFile: string; rootsFile: string }>;
  identity: Readonly<{ certFile: string; keyFile: string }>;
  peer: Readonly<{ endpoint: string; tlsRootFile: string; channel: string; chaincode: string }>;
  copiesSocket: string;
  freshnessMs: number;
  refreshMs: number;
  reconcileMs: number;
  patienceMs: number;
  intentsPerMinute: Readonly<{ practitioner: number; hospital: number }>;
}>;

/** Reads the environment into a configuration; throws one error that names every wrong variable. */
export function configFrom(variables: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse(variables);
  if (!parsed.success) throw new Error(`[BAD_CONFIG] ${problems(parsed.error)}`);
  const env = parsed.data;
  return {
    mspId: env.TUTELA_CUSTODIAN_MSP_ID,
    listen: listenAddress(env.TUTELA_CUSTODIAN_LISTEN),
    url: env.TUTELA_CUSTODIAN_URL,
    stateDir: env.TUTELA_CUSTODIAN_STATE_DIR,
    passphrase: passphraseSource(env),
    credentialsFolder: variables['CREDENTIALS_DIRECTORY'],
    logLevel: env.TUTELA_CUSTODIAN_LOG_LEVEL,
    tls: {
      certFile: env.TUTELA_CUSTODIAN_TLS_CERT_FILE,
      keyFile: env.TUTELA_CUSTODIAN_TLS_KEY_FILE,
      rootsFile: env.TUTELA_CUSTODIAN_TLS_ROOTS_FILE,
    },
    identity: {
      certFile: env.TUTELA_CUSTODIAN_IDENTITY_CERT_FILE,
      keyFile: env.TUTELA_CUSTODIAN_IDENTITY_KEY_FILE,
    },
    peer: {
      endpoint: env.TUTELA_CUSTODIAN_PEER_ENDPOINT,
      tlsRootFile: env.TUTELA_CUSTODIAN_PEER_TLS_ROOT_FILE,
      channel: env.TUTELA_CUSTODIAN_CHANNEL,
      chaincode: env.TUTELA_CUSTODIAN_CHAINCODE,
    },
    copiesSocket: env.TUTELA_CUSTODIAN_COPIES_SOCKET,
    freshnessMs: env.TUTELA_CUSTODIAN_FRESHNESS_SECONDS * 1_000,
    refreshMs: env.TUTELA_CUSTODIAN_REFRESH_DAYS * 86_400_000,
    reconcileMs: env.TUTELA_CUSTODIAN_RECONCILE_HOURS * 3_600_000,
    patienceMs: env.TUTELA_CUSTODIAN_PATIENCE_MS,
    intentsPerMinute: {
      practitioner: env.TUTELA_CUSTODIAN_PRACTITIONER_INTENTS_PER_MINUTE,
      hospital: env.TUTELA_CUSTODIAN_HOSPITAL_INTENTS_PER_MINUTE,
    },
  };
}

function passphraseSource({
  TUTELA_CUSTODIAN_PASSPHRASE_FILE: file = '',
  TUTELA_CUSTODIAN_PASSPHRASE_COMMAND: command = '',
}: z.output<typeof environment>): PassphraseSource {
  if ((file === '') === (command === ''))
    throw new Error(
      '[BAD_CONFIG] either TUTELA_CUSTODIAN_PASSPHRASE_FILE or TUTELA_CUSTODIAN_PASSPHRASE_COMMAND must be set',
    );
  return command === '' ? { file } : { command };
}

function listenAddress(text: string): Config['listen'] {
  const [host = '', port = ''] = text.split(':');
  return { host, port: Number(port) };
}

function problems(error: z.ZodError): string {
  return error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ');
}
