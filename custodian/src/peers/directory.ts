// SPDX-License-Identifier: Apache-2.0
import { custodianUrl, DomainError, p256PublicKey, type Custodian } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';

const custodian = z.looseObject({
  mspId: z.string(),
  url: z.url({ protocol: /^https$/ }).transform((value) => custodianUrl(value, '$.url')),
  publicKey: z.transform((value: unknown) => p256PublicKey(value, '$.publicKey')),
  status: z.enum(['active', 'suspended', 'banned']),
});
const custodians = z.looseObject({ custodians: z.array(z.unknown()) });

/** The registered custodians, as the own peer knows them. */
export class Directory {
  readonly #ledger: Pick<Ledger, 'evaluate' | 'mspId'>;
  #known = new Map<string, Custodian>();

  constructor(ledger: Pick<Ledger, 'evaluate' | 'mspId'>) {
    this.#ledger = ledger;
  }

  /** Reads the registry again. */
  async refresh(): Promise<void> {
    const answer = custodians.parse(await this.#ledger.evaluate('registry:ListCustodians', {}));
    const active = answer.custodians.flatMap(decoded).filter(({ status }) => status === 'active');
    this.#known = new Map(active.map((custodian) => [custodian.mspId, custodian as unknown as Custodian]));
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

/** What one custodian registered; one that registered what cannot be used is not there, and takes away no other. */
function decoded(value: unknown): readonly z.infer<typeof custodian>[] {
  try {
    return [custodian.parse(value)];
  } catch {
    return [];
  }
}
