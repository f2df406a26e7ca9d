// SPDX-License-Identifier: Apache-2.0
import { openAtRest, sealAtRest, utf8, type RandomBytes } from '@tutela/crypto';
import type { EnrolmentId } from '@tutela/chaincode/domain';
import { bytesOf, textOf } from '../state/columns.js';
import type { State } from '../state/open-state.js';

/** A practitioner's Fabric identity: certificate and PKCS #8 private key, both PEM. */
export type StoredIdentity = Readonly<{ certificate: string; privateKey: string }>;

const decoder = new TextDecoder();

/** Practitioners' identities on disk; each private key is sealed under the gateway's key and bound to its owner. */
export class SealedKeys {
  readonly #state: State;
  readonly #key: Uint8Array;
  readonly #random: RandomBytes;

  constructor(state: State, key: Uint8Array, random: RandomBytes) {
    this.#state = state;
    this.#key = key;
    this.#random = random;
    state.exec(
      'CREATE TABLE IF NOT EXISTS identity (practitioner TEXT PRIMARY KEY, certificate TEXT NOT NULL, sealed_key BLOB NOT NULL)',
    );
  }

  find(practitionerId: EnrolmentId): StoredIdentity | undefined {
    const query = 'SELECT certificate, sealed_key FROM identity WHERE practitioner = ?';
    const row = this.#state.prepare(query).get(practitionerId);
    if (row === undefined) return undefined;
    const opened = openAtRest({ key: this.#key }, bytesOf(row['sealed_key']), placeOf(practitionerId));
    return { certificate: textOf(row['certificate']), privateKey: decoder.decode(opened) };
  }

  save(practitionerId: EnrolmentId, { certificate, privateKey }: StoredIdentity): void {
    const sealed = sealAtRest({ key: this.#key }, utf8(privateKey), placeOf(practitionerId), this.#random);
    const insert = 'INSERT OR REPLACE INTO identity (practitioner, certificate, sealed_key) VALUES (?, ?, ?)';
    this.#state.prepare(insert).run(practitionerId, certificate, sealed);
  }
}

function placeOf(practitionerId: EnrolmentId): Uint8Array {
  return utf8(`gateway-practitioner-key:${practitionerId}`);
}
