// SPDX-License-Identifier: Apache-2.0
import { DomainError, p256PublicKey, type Custodian } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';

const custodians = z.looseObject({ custodians: z.array(z.unknown()).max(64) });
const custodian = z.looseObject({
  mspId: z.string(),
  url: z.url({ protocol: /^https$/ }),
  publicKey: z.string().refine(isP256PublicKey),
  status: z.literal('active'),
});

/** The registered custodians, as the own peer knows them. */
export class Directory {
  readonly #ledger: Ledger;
  #known = new Map<string, Custodian>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Reads the registry again. */
  async refresh(): Promise<void> {
    const answer = custodians.parse(await this.#ledger.evaluate('registry:ListCustodians', {}));
    // Each hospital registers its own: an entry that cannot be read, such as an address that is none, is no custodian.
    const active = answer.custodians.flatMap((entry) => custodian.safeParse(entry).data ?? []);
    this.#known = new Map(active.map((one) => [one.mspId, one as unknown as Custodian]));
  }

  /** All active custodians, the own one included. */
  all(): readonly Custodian[] {
    return [...this.#known.values()];
  }

  /** The active custodians of other hospitals. */
  others(): readonly Custodian[] {
    return this.all().filter(({ mspId }) => mspId !== this.#ledger.mspId);
  }

  /** An active custodian; throws CALLER_UNKNOWN. */
  find(mspId: string): Custodian {
    const found = this.#known.get(mspId);
    if (found === undefined) throw new DomainError('CALLER_UNKNOWN', 'no such custodian');
    return found;
  }
}

function isP256PublicKey(value: string): boolean {
  try {
    return p256PublicKey(value, '$.publicKey').length > 0;
  } catch {
    return false;
  }
}
