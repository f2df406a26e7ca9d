// SPDX-License-Identifier: Apache-2.0
import {
  endorsersOf,
  MAX_UNDER_ENDORSED,
  SLOW_ENDORSEMENT_MS,
  type EndorserChoice,
  type MspId,
} from '@tutela/chaincode/domain';
import { commit, type Endorsed } from './commit.js';
import { isConflict, isLate, isUnderEndorsed, toDomainError } from './fabric-errors.js';

const MAX_CONFLICTS = 5;
/** How often endorsers may not answer: a set by name, the peer's choice, and both once more. */
const MAX_SILENCES = 4;

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
  let [conflicts, underEndorsed, silences] = [0, 0, 0];
  let isNamesTurn = false;
  for (;;) {
    const all = await others();
    const named: readonly MspId[] | undefined =
      choice.known(all) ?? (isNamesTurn ? choice.draw(all) : undefined);
    isNamesTurn = false;
    const answer = await endorsed(submission, named);
    if (answer instanceof Error) {
      silences += 1;
      isNamesTurn = named === undefined && isLate(answer);
      const isRepeated = (named !== undefined || isNamesTurn) && silences < MAX_SILENCES;
      if (!isRepeated) throw answer;
      continue;
    }
    const { transaction, isQuick } = answer;
    const endorsers = endorsersOf(transaction.getBytes());
    try {
      const result = await commit(transaction);
      choice.endorsed(
        endorsers.filter((mspId) => mspId !== own),
        { isQuick },
      );
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

/**
 * The endorsed transaction and whether it came quickly, or why there is none; throws what the own peer refuses by a rule.
 * Hospitals that were named and gave none, or a slow one, are passed over, whatever the error says of whose fault it is.
 */
async function endorsed(
  { own, choice, endorse, nowMs }: Submission,
  named: readonly MspId[] | undefined,
): Promise<Readonly<{ transaction: EndorsedBytes; isQuick: boolean }> | Error> {
  const fromMs = nowMs();
  try {
    const transaction = await (named === undefined ? endorse() : endorse([own, ...named]));
    const isQuick = nowMs() - fromMs <= SLOW_ENDORSEMENT_MS;
    if (!isQuick) choice.beWary();
    if (!isQuick && named !== undefined) choice.avoid(named);
    return { transaction, isQuick };
  } catch (error) {
    if (toDomainError(error, own).code !== 'LEDGER_UNAVAILABLE') throw error;
    if (isLate(error)) choice.beWary();
    if (named !== undefined) choice.avoid(named);
    return error instanceof Error ? error : new Error('no endorsement', { cause: error });
  }
}
