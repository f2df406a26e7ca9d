// SPDX-License-Identifier: Apache-2.0
import { hkdfSync } from 'node:crypto';
import { CryptoError, openAtRest, sealAtRest, utf8, type RandomBytes } from '@tutela/crypto';
import { ConfigError } from '../config/config.js';
import { bytesOf } from './columns.js';
import type { State } from './open-state.js';

const KEY_BYTES = 32;
const PLACE = utf8('gateway-master-key-2');
/** Under which a master key was sealed that served all uses itself. */
const FIRST_PLACE = utf8('gateway-master-key');

/** Keys of 32 bytes, one for each use: what seals, and what tags persons and bodies. */
export type GatewayKeys = Readonly<{ atRest: Uint8Array; personTag: Uint8Array; bodyTag: Uint8Array }>;

/**
 * This gateway's keys, derived from one master key that is made at the first start, sealed under the passphrase
 * (Argon2id), and opened at each later one. Throws {@link ConfigError}, with where the passphrase lies, when it does not open it.
 */
export function unlockState(
  state: State,
  { passphrase, passphraseName }: Readonly<Record<'passphrase' | 'passphraseName', string>>,
  random: RandomBytes,
): GatewayKeys {
  state.exec(
    'CREATE TABLE IF NOT EXISTS master_key (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL)',
  );
  const row = state.prepare('SELECT sealed FROM master_key').get();
  if (row === undefined) return keysOf(createMasterKey(state, passphrase, random));
  const sealed = bytesOf(row['sealed']);
  const master = openMasterKey(sealed, passphrase, PLACE);
  if (master !== undefined) return keysOf(master);
  const only = openMasterKey(sealed, passphrase, FIRST_PLACE);
  if (only !== undefined) return { atRest: only, personTag: only, bodyTag: only };
  throw new ConfigError(`${passphraseName} does not open ${state.location() ?? 'this state'}`);
}

function keysOf(master: Uint8Array): GatewayKeys {
  const keyFor = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), `Tutela-v1-gateway-key-${use}`, KEY_BYTES));
  return { atRest: keyFor('at-rest'), personTag: keyFor('person-tag'), bodyTag: keyFor('body-tag') };
}

function openMasterKey(sealed: Uint8Array, passphrase: string, place: Uint8Array): Uint8Array | undefined {
  try {
    return openAtRest({ passphrase }, sealed, place);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    return undefined;
  }
}

function createMasterKey(state: State, passphrase: string, random: RandomBytes): Uint8Array {
  const key = random(KEY_BYTES);
  const sealed = sealAtRest({ passphrase }, key, PLACE, random);
  state.prepare('INSERT INTO master_key (id, sealed) VALUES (1, ?)').run(sealed);
  return key;
}
