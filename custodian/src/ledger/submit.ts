// SPDX-License-Identifier: Apache-2.0
import {
  endorsersOf,
  MAX_UNDER_ENDORSED,
  SLOW_ENDORSEMENT_MS,
  type EndorserChoice,
  type MspId,
} from '@tutela/chaincode/domain';
import { commit, type Endorsed } from './commit.js';
import { failedElsewhere, isConflict, isUnderEndorsed } from './fabric-errors.js';

const MAX_CONFLICTS = 5;

type EndorsedBytes = Endorsed & Readonly<{ getBytes: () => Uint8Array }>;

/** What submitting needs of Fabric: whom to ask, and what was learned of who endorses falsely. */
export type Submission = Readonly<{
  own: MspId;
  others: () => Promise<readonly MspId[]>;
  choice: EndorserChoice;
  nowMs: () => number;
  /** Endorses a fresh proposal, by the named hospitals if any. */
  endorse: (hospitals?: readonly MspId[]) => Promise<EndorsedBytes>;
}>;

/**
 * Has a transaction endorsed and orders it. A lost race is decided by the state that won, so the next endorsement reads
 * it. One that too few endorsed truly is endorsed by hospitals by name and as the peer chooses, in turns. Throws the last
 * error as Fabric's client gave it.
 */
export async function submit(submission: Submission): Promise<Uint8Array> {
  const { own, others, choice } = submission;
  let [conflicts, underEndorsed] = [0, 0];
  let isNamesTurn = false;
  for (;;) {
    const all = await others();
    const named: readonly MspId[] | undefined =
      choice.known(all) ?? (isNamesTurn ? choice.draw(all) : undefined);
    isNamesTurn = false;
    const transaction = await endorsed(submission, named);
    if (transaction === undefined) continue;
    const endorsers = endorsersOf(transaction.getBytes());
    try {
      const result = await commit(transaction);
      choice.endorsed(endorsers.filter((mspId) => mspId !== own));
      return result;
    } catch (error) {
      if (isUnderEndorsed(error)) {
        choice.spoiled(endorsers.length, named);
        isNamesTurn = named === undefined;
        underEndorsed += 1;
      } else conflicts += 1;
      const isRepeated = isUnderEndorsed(error)
        ? underEndorsed <= MAX_UNDER_ENDORSED
        : isConflict(error) && conflicts < MAX_CONFLICTS;
      if (!isRepeated) throw error;
    }
  }
}

/** The endorsed transaction; undefined where hospitals that were named do not endorse, who are passed over then. */
async function endorsed(
  { own, choice, endorse, nowMs }: Submission,
  named: readonly MspId[] | undefined,
): Promise<EndorsedBytes | undefined> {
  const fromMs = nowMs();
  try {
    if (named !== undefined) return await endorse([own, ...named]);
    const transaction = await endorse();
    if (nowMs() - fromMs > SLOW_ENDORSEMENT_MS) choice.beWary();
    return transaction;
  } catch (error) {
    if (named === undefined || !failedElsewhere(error, own)) throw error;
    choice.avoid(named);
    return undefined;
  }
}
