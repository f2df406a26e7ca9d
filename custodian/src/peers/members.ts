// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { DomainError } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Ledger, MemberAuthorities } from '../ledger/ledger.js';

/** How old the channel's configuration may be before it is read again, in milliseconds. */
const FRESH_MS = 60_000;
/** How soon it may be read again for a certificate that nobody seems to have issued. */
const PAUSE_MS = 1_000;
const MAX_KNOWN = 1_024;

/** Tells whose a TLS certificate is: the hospital whose own authority, by the channel's configuration, issued it. */
export class Members {
  readonly #ledger: Pick<Ledger, 'memberAuthorities'>;
  readonly #clock: Clock;
  readonly #known = new Map<string, string>();
  #roots: readonly MemberAuthorities[] = [];
  #readAt = -Infinity;

  constructor(ledger: Pick<Ledger, 'memberAuthorities'>, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** The MSP id of a certificate's hospital (DER); throws CALLER_UNKNOWN when no member's authority issued it. */
  async hospitalOf(certificate: Uint8Array): Promise<string> {
    const shown = new X509Certificate(certificate);
    await this.#refresh(FRESH_MS);
    const mspId = this.#find(shown) ?? (await this.#findAnew(shown));
    if (mspId === undefined)
      throw new DomainError('CALLER_UNKNOWN', 'no member hospital issued this certificate');
    return mspId;
  }

  #find(shown: X509Certificate): string | undefined {
    const name = shown.fingerprint256;
    const mspId = this.#known.get(name) ?? issuerOf(shown, this.#roots);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    if (mspId !== undefined) this.#known.set(name, mspId);
    return mspId;
  }

  /** Whoever is unknown may have joined just now. */
  async #findAnew(shown: X509Certificate): Promise<string | undefined> {
    await this.#refresh(PAUSE_MS);
    return this.#find(shown);
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

function issuerOf(shown: X509Certificate, roots: readonly MemberAuthorities[]): string | undefined {
  return roots.find(({ tlsCertificates }) =>
    tlsCertificates.some((pem) => {
      const authority = new X509Certificate(Buffer.from(pem));
      return shown.checkIssued(authority) && shown.verify(authority.publicKey);
    }),
  )?.mspId;
}
