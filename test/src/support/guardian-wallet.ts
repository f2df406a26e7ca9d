// SPDX-License-Identifier: Apache-2.0
import { instantOf } from '@tutela/chaincode/domain';
import type { PatientWallet } from './patient-wallet.js';
import { randomId, randomNonce } from './random-id.js';
import { SigningKey, type Signed } from './signing-key.js';

/** A guardian's device: the key, and everything that only the guardian of a handle can sign. */
export class GuardianWallet {
  readonly guardianId = randomId('guardian');
  readonly #channel: string;
  readonly #key = new SigningKey();

  constructor(channel: string) {
    this.#channel = channel;
  }

  get publicKey(): string {
    return this.#key.publicKey;
  }

  /** The guardian's signature under the words that name one. */
  agreeTo(statement: object): string {
    return this.#key.sign(statement);
  }

  contest(patient: PatientWallet, emergencyId: string): Signed<object> {
    return this.#key.signed({ ...this.#about('contest', patient), emergencyId, nonce: randomNonce() });
  }

  /** The request for the own notices, which the patient's hospital carries. */
  noticesRequest(patient: PatientWallet): Signed<object> {
    const stamp = { signedAt: instantOf(Date.now()), nonce: randomNonce() };
    const about = { ...this.#about('notices', patient), v: 2, through: patient.mspId };
    return this.#key.signed({ ...about, ...stamp });
  }

  #about(kind: string, { handle }: PatientWallet): Readonly<Record<string, unknown>> {
    return { v: 1, kind, channel: this.#channel, handle, guardianId: this.guardianId };
  }
}
