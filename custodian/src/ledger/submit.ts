// SPDX-License-Identifier: Apache-2.0
import { endorsementCount, type EndorserChoice, type MspId } from '@tutela/chaincode/domain';
import { commit, type Endorsed } from './commit.js';
import { isConflict, isUnderEndorsed } from './fabric-errors.js';

const MAX_CONFLICTS = 5;
/** Of three hostile hospitals of seven, one set of three others in twenty is good. */
const MAX_UNDER_ENDORSED = 24;

/** What submitting needs of Fabric: whom to ask, and what was learned of who endorses falsely. */
export type Submission = Readonly<{
  own: MspId;
  others: () => Promise<readonly MspId[]>;
  choice: EndorserChoice;
  /** Endorses a fresh proposal, by the named hospitals if any. */
  endorse: (hospitals?: readonly MspId[]) => Promise<Endorsed & Readonly<{ getBytes: () => Uint8Array }>>;
}>;

/**
 * Has a transaction endorsed and orders it. A lost race is decided by the state that won, so the next endorsement reads
 * it. One that too few endorsed truly is endorsed by hospitals by name and as the peer chooses, in turns. Throws the last
 * error as Fabric's client gave it.
 */
export async function submit({ own, others, choice, endorse }: Submission): Promise<Uint8Array> {
  let [conflicts, underEndorsed] = [0, 0];
  let isNamesTurn = false;
  for (;;) {
    const all = await others();
    const named: readonly MspId[] | undefined =
      choice.known(all) ?? (isNamesTurn ? choice.draw(all) : undefined);
    const asked = named === undefined ? endorse() : endorse([own, ...named]);
    const transaction = await asked.catch((error: unknown) => {
      if (named === undefined) throw error;
      choice.avoid(named);
    });
    isNamesTurn = false;
    if (transaction === undefined) continue;
    const endorsements = endorsementCount(transaction.getBytes());
    try {
      const result = await commit(transaction);
      choice.learn(endorsements, named, true);
      return result;
    } catch (error) {
      const isEnough = !isUnderEndorsed(error);
      choice.learn(endorsements, named, isEnough);
      if (isEnough) conflicts += 1;
      else underEndorsed += 1;
      const isRepeated = isEnough
        ? isConflict(error) && conflicts < MAX_CONFLICTS
        : underEndorsed <= MAX_UNDER_ENDORSED;
      if (!isRepeated) throw error;
      isNamesTurn = !isEnough && named === undefined;
    }
  }
}
