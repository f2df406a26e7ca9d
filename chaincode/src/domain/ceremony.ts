// SPDX-License-Identifier: Apache-2.0
import type { Ceremony, CustodianSet } from './custody.js';

/** The terms of a ceremony as `@tutela/crypto` takes them; custodian and chaincode derive them from the same ledger. */
export type LedgerTerms = Readonly<{
  v: 1;
  suite: 1;
  ceremonyId: string;
  epoch: number;
  threshold: number;
  members: readonly Readonly<{ id: string; encryptionKey: string }>[];
  previous: Readonly<
    Pick<CustodianSet, 'epoch' | 'threshold' | 'publicKey' | 'verificationKeys'> & {
      dealers: readonly number[];
    }
  > | null;
}>;

/** A published dealing as `@tutela/crypto` takes it. */
export type PublishedDealing = Readonly<{
  v: 1;
  suite: 1;
  ceremonyId: string;
  dealer: number;
  commitments: readonly string[];
  proof: string;
  sealed: readonly string[];
}>;

/** Terms of a ceremony that everyone has joined; `previous` is the set of the epoch that it starts from. */
export function termsOf(ceremony: Ceremony, previous: CustodianSet | undefined): LedgerTerms {
  const { ceremonyId, epoch, threshold, members, joins } = ceremony;
  return {
    v: 1,
    suite: 1,
    ceremonyId,
    epoch,
    threshold,
    members: members.map(({ mspId }) => ({ id: mspId, encryptionKey: joins[mspId] ?? '' })),
    previous: previous === undefined ? null : previousOf(ceremony, previous),
  };
}

/** The dealings that were published so far, in the order of their dealers. */
export function dealingsOf({ ceremonyId, dealers, dealings }: Ceremony): readonly PublishedDealing[] {
  return dealers.flatMap(({ mspId, index }) => {
    const dealing = dealings[mspId];
    if (dealing === undefined) return [];
    const { commitments, proof, subShares } = dealing;
    const sealed = [...subShares].sort((a, b) => a.recipient - b.recipient).map((share) => share.sealed);
    return [{ v: 1, suite: 1, ceremonyId, dealer: index, commitments, proof, sealed }];
  });
}

function previousOf({ dealers }: Ceremony, set: CustodianSet): LedgerTerms['previous'] {
  const { epoch, threshold, publicKey, verificationKeys } = set;
  return { epoch, threshold, publicKey, verificationKeys, dealers: dealers.map(({ index }) => index) };
}
