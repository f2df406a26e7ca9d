// SPDX-License-Identifier: Apache-2.0
import { CryptoError, openAtRest, sealAtRest, utf8, type RandomBytes } from '@tutela/crypto';
import { DomainError } from '@tutela/chaincode/domain';
import { bytesOf } from './columns.js';
import type { State } from './open-state.js';

const MASTER_KEY_BYTES = 32;
const PLACE = utf8('gateway-master-key');

/**
 * The key of 32 bytes that seals what this gateway keeps: made at the first start, sealed under the passphrase
 * (Argon2id), opened at each later one. Throws INTERNAL when the passphrase does not open it.
 */
export function unlockState(state: State, passphrase: string, random: RandomBytes): Uint8Array {
  state.exec(
    'CREATE TABLE IF NOT EXISTS master_key (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL)',
  );
  const row = state.prepare('SELECT sealed FROM master_key').get();
  if (row === undefined) return createMasterKey(state, passphrase, random);
  try {
    return openAtRest({ passphrase }, bytesOf(row['sealed']), PLACE);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new DomainError('INTERNAL', 'the passphrase does not open this gateway state', { cause });
  }
}

function createMasterKey(state: State, passphrase: string, random: RandomBytes): Uint8Array {
  const key = random(MASTER_KEY_BYTES);
  const sealed = sealAtRest({ passphrase }, key, PLACE, random);
  state.prepare('INSERT INTO master_key (id, sealed) VALUES (1, ?)').run(sealed);
  return key;
}
