// SPDX-License-Identifier: Apache-2.0
import { DomainError, MAX_CUSTODIANS, type CustodianSet } from '@tutela/chaincode/domain';
import { decodeBase64url, type SecretShare } from '@tutela/crypto';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.js';
import type { ShareStore } from './share-store.js';

const text = z.string().max(128);
const custodianSet = z.looseObject({
  v: z.literal(1),
  epoch: z.number().int().min(1),
  threshold: z.number().int().min(1),
  members: z
    .array(z.looseObject({ mspId: text, index: z.number().int().min(1) }))
    .min(1)
    .max(MAX_CUSTODIANS),
  publicKey: text,
  kid: text,
  verificationKeys: z.array(text).max(MAX_CUSTODIANS),
  transcriptHash: text,
  ceremonyId: text,
  activatedAt: text,
});

/** What this custodian guards now: the active set, and its own share in it. */
export class Custody {
  readonly #ledger: Ledger;
  readonly #shares: ShareStore;
  #active: CustodianSet | undefined;

  constructor(ledger: Ledger, shares: ShareStore) {
    this.#ledger = ledger;
    this.#shares = shares;
  }

  /** The active set, as last read. */
  get active(): CustodianSet | undefined {
    return this.#active;
  }

  /** Reads the active set again; undefined before the first ceremony. */
  async refresh(): Promise<CustodianSet | undefined> {
    try {
      this.#active = parseSet(await this.#ledger.evaluate('custody:GetCurrent', {}));
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'CUSTODY_INACTIVE') throw error;
      this.#active = undefined;
    }
    return this.#active;
  }

  /** The set of an epoch. */
  async epoch(epoch: number): Promise<CustodianSet> {
    return parseSet(await this.#ledger.evaluate('custody:GetEpoch', { epoch }));
  }

  /** The own share of a set; throws CUSTODY_INACTIVE when this custodian has none. */
  shareOf(set: Pick<CustodianSet, 'epoch' | 'ceremonyId' | 'publicKey'>): SecretShare {
    const share = this.#shares.find(set);
    if (share?.publicKey !== set.publicKey)
      throw new DomainError('CUSTODY_INACTIVE', 'this custodian holds no share of the active key');
    return { epoch: share.epoch, index: share.index, secret: decodeBase64url(share.secret, 32) };
  }

  /** `active` with a share, `no-share` without. */
  get state(): 'active' | 'no-share' {
    return this.#active !== undefined && this.#shares.find(this.#active) !== undefined
      ? 'active'
      : 'no-share';
  }
}

function parseSet(answer: unknown): CustodianSet {
  return custodianSet.parse(answer) as unknown as CustodianSet;
}
