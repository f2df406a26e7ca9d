// SPDX-License-Identifier: Apache-2.0
import type { X509Certificate } from 'node:crypto';
import { DomainError } from '@tutela/chaincode/domain';
import type { MemberAuthorities } from './parse-authorities.js';
import { isIssuedBy, readCertificate } from './read-certificate.js';

/** Where the own peer's view of the channel's configuration is read. */
export type MembersLedger = Readonly<{ memberAuthorities: () => Promise<readonly MemberAuthorities[]> }>;

/** How old the channel's configuration may be before it is read again, in milliseconds. */
const FRESH_MS = 60_000;
/** How soon it may be read again for a hospital, or an authority of it, that is not known. */
const PAUSE_MS = 1_000;
const MAX_KNOWN = 1_024;

/** The most TLS authorities of one hospital that are looked at. */
const MAX_AUTHORITIES = 16;

/**
 * Which hospital the other end of a connection speaks for: the one that it names as a caller, or that was asked, if that
 * hospital itself names, in its own entry of the channel's configuration, the authority that issued the TLS certificate
 * that the other end shows. No other hospital's entry is looked at, so that one that holds rubbish, or another hospital's
 * authority, changes nothing for that other hospital.
 */
export class Members {
  readonly #ledger: MembersLedger;
  readonly #nowMs: () => number;
  readonly #known = new Set<string>();
  #roots: readonly MemberAuthorities[] = [];
  #readAt = -Infinity;

  constructor(ledger: MembersLedger, nowMs: () => number) {
    this.#ledger = ledger;
    this.#nowMs = nowMs;
  }

  /** Throws CALLER_UNKNOWN unless an authority of the hospital with that MSP id issued the certificate (DER). */
  async require(mspId: string, certificate: Uint8Array): Promise<void> {
    if (await this.isOf(mspId, certificate)) return;
    throw new DomainError(
      'CALLER_UNKNOWN',
      'the hospital that the caller names did not issue its certificate',
    );
  }

  /** Whether an authority of the hospital with that MSP id issued the certificate (DER). */
  async isOf(mspId: string, certificate: Uint8Array): Promise<boolean> {
    const shown = readCertificate(certificate);
    if (shown === undefined) return false;
    await this.#refresh(FRESH_MS);
    return this.#isKnownOf(mspId, shown) || this.#isOfNow(mspId, shown);
  }

  #isKnownOf(mspId: string, shown: X509Certificate): boolean {
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
    return this.#isKnownOf(mspId, shown);
  }

  /** While the own peer does not answer, what was read before still holds. */
  async #refresh(maxAgeMs: number): Promise<void> {
    const now = this.#nowMs();
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
