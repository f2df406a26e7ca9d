// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { ConfigError, type Config } from './config.js';
import { printedBy, type PassphraseSource } from './passphrase.js';

const MAX_FILE_BYTES = 1024 * 1024;
const OTHERS = 0o077;

/** What the files that {@link Config} names hold: PEM text, and secrets that only their owner may read. */
export type Secrets = Readonly<{
  tlsCert: string;
  tlsKey: string;
  tlsRoots: string;
  identityCert: string;
  identityKey: string;
  peerTlsRoot: string;
  passphrase: string;
  clusterCredentials: Readonly<{ user: string; password: string }>;
  caTlsRoot: string;
  registrarCert: string;
  registrarKey: string;
}>;

/** Reads every file once. Throws {@link ConfigError} on a missing file and on a secret that others may read. */
export async function loadSecrets(config: Config): Promise<Secrets> {
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
    passphraseFrom(config.passphrase),
    secretFile(config.cluster.credentialsFile),
  ]);
  const clusterCredentials = splitCredentials(credentials, config.cluster.credentialsFile);
  const secrets = { tlsKey, identityKey, registrarKey, passphrase: passphrase.trim(), clusterCredentials };
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

async function secretFile(path: string): Promise<string> {
  const content = await publicFile(path);
  const { mode } = await stat(path);
  if ((mode & OTHERS) !== 0) throw new ConfigError(`${path} may be read by others: chmod 600 it`);
  return content;
}

async function passphraseFrom(source: PassphraseSource): Promise<string> {
  if ('file' in source) return secretFile(source.file);
  const printed = await printedBy(source.command);
  if (printed === undefined || printed.trim() === '')
    throw new ConfigError('the command for the passphrase failed or printed nothing');
  return printed;
}

function splitCredentials(text: string, path: string): Secrets['clusterCredentials'] {
  const [, user, password] = /^([^:\s]{1,128}):(\S{1,512})\s*$/.exec(text) ?? [];
  if (user === undefined || password === undefined) throw new ConfigError(`${path} must hold user:password`);
  return { user, password };
}
