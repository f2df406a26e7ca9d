// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  KEEP_COPIES_MS,
  MAX_PARTS_IN_QUESTION,
  MAX_PARTS_TO_KEEP,
  type Custodian,
  type MspId,
} from '@tutela/chaincode/domain';
import type { CopyCustodians } from '../keys/keys.js';

/** The nodes of the other hospitals, each asked through its own custodian. Throws when a custodian does not answer. */
export interface CustodianNodes {
  /** The other hospitals of the consortium. */
  hospitals(): Promise<readonly MspId[]>;
  /** Has a hospital's node hold parts; answers those that it holds with all of their blocks when it has tried. */
  keep(hospital: MspId, cids: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Those of the parts that a hospital's node holds with all of their blocks; fetches nothing. */
  kept(hospital: MspId, cids: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
}

/** How long one custodian may take to answer one request, however busily it sends. */
const ANSWER_MS = KEEP_COPIES_MS + 5_000;

/** What the nodes of other hospitals are asked through. */
export type CustodianNodesParts = Readonly<{
  /** The own hospital, which is not asked. */
  mspId: MspId;
  /** The custodians that the ledger names. */
  custodians: () => Promise<readonly Custodian[]>;
  copies: CopyCustodians;
  answerMs?: number;
}>;

type Ask = (custodian: Custodian, cids: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;

/** The nodes of the other hospitals that the ledger names a custodian of; STORAGE_UNAVAILABLE for any other hospital. */
export function createCustodianNodes({
  mspId,
  custodians,
  copies,
  answerMs = ANSWER_MS,
}: CustodianNodesParts): CustodianNodes {
  const others = async (): Promise<readonly Custodian[]> =>
    (await custodians()).filter((one) => one.status === 'active' && one.mspId !== mspId);
  const custodianOf = async (hospital: MspId): Promise<Custodian> => {
    const found = (await others()).find((one) => one.mspId === hospital);
    if (found === undefined)
      throw new DomainError('STORAGE_UNAVAILABLE', 'the ledger names no custodian of that hospital');
    return found;
  };
  const asking =
    (ask: Ask, most: number): CustodianNodes['keep'] =>
    async (hospital, cids, signal) => {
      const custodian = await custodianOf(hospital);
      const parts = [...new Set(cids)];
      const answered: string[] = [];
      for (let from = 0; from < parts.length; from += most)
        answered.push(...(await ask(custodian, parts.slice(from, from + most), within(answerMs, signal))));
      return answered;
    };
  return {
    hospitals: async () => (await others()).map((one) => one.mspId),
    keep: asking((...asked) => copies.keepCopies(...asked), MAX_PARTS_TO_KEEP),
    kept: asking((...asked) => copies.keptCopies(...asked), MAX_PARTS_IN_QUESTION),
  };
}

function within(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const late = AbortSignal.timeout(ms);
  return signal === undefined ? late : AbortSignal.any([signal, late]);
}
