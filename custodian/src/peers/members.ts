// SPDX-License-Identifier: Apache-2.0
import type { X509Certificate } from 'node:crypto';
import { DomainError } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Ledger, MemberAuthorities } from '../ledger/ledger.js';
import { isIssuedBy, readCertificate } from '../read-certificate.js';

/** How old the channel's configuration may be before it is read again, in milliseconds. */
const FRESH_MS = 60_000;
/** How soon it may be read again for a hospital, or an authority of it, that is not known. */
const PAUSE_MS = 1_000;
const MAX_KNOWN = 1_024;

/** The most TLS authorities of one hospital that are looked at. */
const MAX_AUTHORITIES = 16;

/**
 * Which hospital a caller speaks for: the one that it names, if that hospital itself names, in its own entry of the
 * channel's configuration, the authority that issued the caller's TLS certificate. No other hospital's entry is looked
 * at, so that one that holds rubbish, or another hospital's authority, changes nothing for that other hospital.
 */
export class Members {
  readonly #ledger: Pick<Ledger, 'memberAuthorities'>;
  readonly #clock: Clock;
  readonly #known = new Set<string>();
  #roots: readonly MemberAuthorities[] = [];
  #readAt = -Infinity;

  constructor(ledger: Pick<Ledger, 'memberAuthorities'>, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Throws CALLER_UNKNOWN unless an authority of the hospital with that MSP id issued the certificate (DER). */
  async require(mspId: string, certificate: Uint8Array): Promise<void> {
    const shown = readCertificate(certificate);
    if (shown === undefined) throw new DomainError('CALLER_UNKNOWN', 'the caller has shown no certificate');
    await this.#refresh(FRESH_MS);
    if (!this.#isOf(mspId, shown) && !(await this.#isOfNow(mspId, shown)))
      throw new DomainError(
        'CALLER_UNKNOWN',
        'the hospital that the caller names did not issue its certificate',
      );
  }

  #isOf(mspId: string, shown: X509Certificate): boolean {
    const name = `${shown.fingerprint256} ${mspId}`;
    if (this.#known.has(name)) return true;
    const own = this.#roots.find((one) => one.mspId === mspId)?.tlsCertificates ?? [];
    if (!isIssuedBy(shown, own.slice(0, MAX_AUTHORITIES))) return false;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(name);
    return true;
  }

  /** A hospital that is not known may have joined just now. */
  async #isOfNow(mspId: string, shown: X509Certificate): Promise<boolean> {
    await this.#refresh(PAUSE_MS);
    return this.#isOf(mspId, shown);
  }

  /** While the own peer does not answer, what was read before still holds. */
  async #refresh(maxAgeMs: number): Promise<void> {
    const now = this.#clock();
    if (now - this.#readAt < maxAgeMs) return;
    try {
      this.#roots = await this.#ledger.memberAuthorities();
      this.#known.clear();
      this.#readAt = now;
    } catch (error) {
      if (this.#roots.length === 0) throw error;
    }
  }
}
