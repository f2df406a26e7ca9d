// SPDX-License-Identifier: Apache-2.0
import {
  auditReadStatement,
  instantOf,
  patientKeyStatement,
  rotationStatement,
  type Category,
  type Grantee,
  type MspId,
  type Purpose,
  type RegisterPatient,
  type RevocationReason,
} from '@tutela/chaincode/domain';
import type { GuardianWallet } from './guardian-wallet.js';
import { ownId, randomId, randomNonce } from './random-id.js';
import { SigningKey, type Signed } from './signing-key.js';

const HOUR_MS = 3_600_000;

/** What a patient decides about one grantee; times in milliseconds since the epoch. */
export interface ConsentWish {
  readonly grantee: Readonly<Record<string, string>> | Grantee;
  readonly categories: readonly Category[];
  readonly purposes?: readonly Purpose[];
  readonly decision?: 'permit' | 'deny';
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
  readonly maxReads?: number;
  readonly records?: readonly string[];
  readonly consentId?: string;
  readonly version?: number;
}

/** A patient's device: the key, the handle at one hospital, and everything that only the patient can sign. */
export class PatientWallet {
  readonly mspId: string;
  readonly #channel: string;
  readonly #key = new SigningKey();
  /** Made for the key, so that no hospital that sees the registration can take it first. */
  readonly handle = ownId('handle', this.#key.publicKey);
  readonly #now: () => number;

  constructor(at: Readonly<{ channel: string; mspId: string }>, now: () => number = Date.now) {
    this.#channel = at.channel;
    this.#now = now;
    this.mspId = at.mspId;
  }

  /** The request that puts the handle and its key on the ledger, with proof of possession. */
  registration(): RegisterPatient {
    const request = {
      handle: this.handle,
      publicKey: this.#key.publicKey,
      nonce: randomNonce(),
    } as RegisterPatient;
    const statement = patientKeyStatement(this.#channel, this.mspId as MspId, request);
    return { ...request, proof: this.#key.sign(statement) };
  }

  consent(wish: ConsentWish): Signed<ReturnType<PatientWallet['consentStatement']>> {
    return this.signed(this.consentStatement(wish));
  }

  /** A consent in the words that are signed. */
  consentStatement(wish: ConsentWish): Readonly<Record<string, unknown>> & { readonly consentId: string } {
    const { grantee, categories, maxReads, records } = wish;
    const now = this.#now();
    return {
      v: 1,
      kind: 'consent',
      channel: this.#channel,
      consentId: wish.consentId ?? randomId('consent'),
      version: wish.version ?? 1,
      handle: this.handle,
      decision: wish.decision ?? 'permit',
      grantee,
      categories,
      purposes: wish.purposes ?? ['TREAT'],
      // A minute of grace, because a transaction's time may lie a little before this device's clock.
      validFrom: instantOf(wish.validFromMs ?? now - 60_000),
      validUntil: instantOf(wish.validUntilMs ?? now + 24 * HOUR_MS),
      signedAt: instantOf(now),
      nonce: randomNonce(),
      ...(maxReads === undefined ? {} : { maxReads }),
      ...(records === undefined ? {} : { records }),
    };
  }

  revocation(consentId: string, reason: RevocationReason = 'patient-request'): Signed<object> {
    return this.signed({ ...this.#about('revocation'), consentId, reason, ...this.#stamp() });
  }

  erasure(recordId: string): Signed<{ readonly erasureId: string }> {
    const erasureId = ownId('erasure', this.handle);
    return this.signed({ ...this.#about('erasure'), erasureId, recordId, ...this.#stamp() });
  }

  /** That a version is destroyed at once, for the next one, with that manifest, has its content under new keys. */
  retirement(recordId: string, version: number, manifestHash: string): Signed<object> {
    const of = { recordId, version, manifestHash };
    return this.signed({ ...this.#about('retirement'), v: 2, ...of, ...this.#stamp() });
  }

  /** That a version whose retirement is ordered stays. */
  retirementObjection(recordId: string, version: number, orderTxId: string): Signed<object> {
    const of = { recordId, version, orderTxId };
    return this.signed({ ...this.#about('retirement-objection'), ...of, ...this.#stamp() });
  }

  contest(emergencyId: string): Signed<object> {
    return this.signed({ ...this.#about('contest'), emergencyId, nonce: randomNonce() });
  }

  /** That somebody is a guardian, agreed to by both. */
  guardianship(guardian: GuardianWallet): Readonly<Record<string, unknown>> {
    const { guardianId, publicKey } = guardian;
    const statement = { ...this.#about('guardian'), guardianId, publicKey, ...this.#stamp() };
    return { ...this.signed(statement), proof: guardian.agreeTo(statement) };
  }

  /** That somebody is a guardian no longer. */
  guardianRemoval({ guardianId }: GuardianWallet): Signed<object> {
    return this.signed({ ...this.#about('guardian-removal'), guardianId, ...this.#stamp() });
  }

  /** What a fresh key signs to take the place of this one, should it be lost. */
  rotationRequest(): Readonly<{ publicKey: string; nonce: string; proof: string }> {
    const fresh = new SigningKey();
    const once = { publicKey: fresh.publicKey, nonce: randomNonce() };
    const of = { mspId: this.mspId as MspId, handle: this.handle, keyVersion: 1 };
    return { ...once, proof: fresh.sign(rotationStatement(this.#channel, of, once)) };
  }

  /** That the key which would follow is not the patient's. */
  rotationVeto(publicKey: string): Signed<object> {
    return this.signed({ ...this.#about('key-rotation-veto'), publicKey, ...this.#stamp() });
  }

  /** The request for the own notices, which the hospital that it names carries: the own one, unless said otherwise. */
  noticesRequest(through = this.mspId): Signed<object> {
    return this.signed({ ...this.#about('notices'), v: 2, through, ...this.#stamp() });
  }

  /** The patient's own reading of the log, through the own hospital unless said otherwise: body of `POST /v1/audit-reads`. */
  auditRead(
    fromMs: number,
    untilMs: number,
    through = this.mspId,
  ): Readonly<Record<string, unknown>> & { readonly auditReadId: string } {
    const auditReadId = ownId('auditRead', this.handle);
    const [from, until, nonce] = [instantOf(fromMs), instantOf(untilMs), randomNonce()];
    const statement = auditReadStatement(this.#channel, through as MspId, {
      auditReadId,
      handle: this.handle,
      from,
      until,
      nonce,
    });
    return {
      auditReadId,
      scope: { kind: 'handle', handle: this.handle, nonce, signature: this.#key.sign(statement) },
      from,
      until,
    };
  }

  /** Signs any statement; tests also use it to sign what no honest device would. */
  signed<S extends object>(statement: S): Signed<S> {
    return this.#key.signed(statement);
  }

  #about(kind: string): Readonly<{ v: 1; kind: string; channel: string; handle: string }> {
    return { v: 1, kind, channel: this.#channel, handle: this.handle };
  }

  #stamp(): Readonly<{ signedAt: string; nonce: string }> {
    return { signedAt: instantOf(this.#now()), nonce: randomNonce() };
  }
}
