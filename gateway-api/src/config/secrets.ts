// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { passphraseName, readPassphrase, readSecret, SecretError } from '@tutela/crypto/secrets';
import { ConfigError, type Config } from './config.js';

const MAX_FILE_BYTES = 1024 * 1024;

/** What the files that {@link Config} names hold: PEM text, and secrets that only their owner may read. */
export type Secrets = Readonly<{
  tlsCert: string;
  tlsKey: string;
  tlsRoots: string;
  identityCert: string;
  identityKey: string;
  peerTlsRoot: string;
  passphrase: string;
  /** The passphrase by where it lies, for messages. */
  passphraseName: string;
  clusterCredentials: Readonly<{ user: string; password: string }>;
  caTlsRoot: string;
  registrarCert: string;
  registrarKey: string;
}>;

/**
 * Reads every file once; `credentialsFolder` is where systemd lays credentials down, if it does. Throws
 * {@link ConfigError} on a missing file and on a secret that others may read.
 */
export async function loadSecrets(config: Config, credentialsFolder?: string): Promise<Secrets> {
  const secretFile = (path: string) => required(readSecret(path, credentialsFolder));
  const [tlsCert, tlsRoots, identityCert, peerTlsRoot, caTlsRoot, registrarCert] = await Promise.all([
    publicFile(config.tls.certFile),
    publicFile(config.tls.rootsFile),
    publicFile(config.identity.certFile),
    publicFile(config.peer.tlsRootFile),
    publicFile(config.ca.tlsRootFile),
    publicFile(config.registrar.certFile),
  ]);
  const [tlsKey, identityKey, registrarKey, passphrase, credentials] = await Promise.all([
    secretFile(config.tls.keyFile),
    secretFile(config.identity.keyFile),
    secretFile(config.registrar.keyFile),
    required(readPassphrase(config.passphrase, credentialsFolder)),
    secretFile(config.cluster.credentialsFile),
  ]);
  const clusterCredentials = splitCredentials(credentials, config.cluster.credentialsFile);
  const secrets = {
    ...{ tlsKey, identityKey, registrarKey, passphrase, clusterCredentials },
    passphraseName: passphraseName(config.passphrase),
  };
  return { ...secrets, tlsCert, tlsRoots, identityCert, peerTlsRoot, caTlsRoot, registrarCert };
}

async function publicFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new ConfigError(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
    const content = await readFile(path, 'utf8');
    if (content.trim() === '') throw new ConfigError(`${path} is empty`);
    return content;
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`${path} cannot be read`, { cause });
  }
}

async function required(secret: Promise<string>): Promise<string> {
  try {
    return await secret;
  } catch (cause) {
    if (cause instanceof SecretError) throw new ConfigError(cause.message, { cause });
    throw cause;
  }
}

function splitCredentials(text: string, path: string): Secrets['clusterCredentials'] {
  const [, user, password] = /^([^:\s]{1,128}):(\S{1,512})\s*$/.exec(text) ?? [];
  if (user === undefined || password === undefined) throw new ConfigError(`${path} must hold user:password`);
  return { user, password };
}
