// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import {
  endorsersOf,
  isLate,
  isOwnFailure,
  mayBeOthers,
  submitTransaction,
  type Endorsed,
  type Endorsement,
  type EndorsementFailures,
  type EndorserChoice,
  type NotEndorsed,
} from '@tutela/fabric';
import { commit, type Orderable } from './commit.js';
import { toDomainError } from './fabric-errors.js';

const MAX_CONFLICTS = 5;
/** How often endorsers may not answer: a set by name, the peer's choice, and both once more. */
const MAX_FAILURES = 4;

type PreparedTransaction = Orderable & Readonly<{ getBytes: () => Uint8Array; getResult: () => Uint8Array }>;
type EndorsedTransaction = Endorsed & Readonly<{ prepared: PreparedTransaction }>;

/** What submitting needs of Fabric: whom to ask, what was learned of who spoils transactions, and its blocks. */
export type Submission = Readonly<{
  own: MspId;
  others: () => Promise<readonly MspId[]>;
  choice: EndorserChoice;
  nowMs: () => number;
  /** Endorses a fresh proposal, by the named hospitals if any. */
  endorse: (hospitals?: readonly MspId[]) => Promise<PreparedTransaction>;
  /** Whether a block of the own peer has a transaction as valid. */
  isInBlock: (txId: string) => Promise<boolean>;
}>;

/**
 * Has a transaction endorsed and orders it; the own peer always endorses. A lost race is decided by the state that won,
 * so the next endorsement reads it. Throws the own peer's refusal, LEDGER_UNAVAILABLE, CONFLICT for a transaction that is
 * not valid, or an error of Fabric's client.
 */
export async function submit(submission: Submission): Promise<Uint8Array> {
  const { own, others, choice, nowMs, isInBlock } = submission;
  const submitted = await submitTransaction<EndorsedTransaction>({
    own,
    others,
    choice,
    nowMs,
    endorse: (hospitals) => endorsement(submission, hospitals),
    commit: ({ prepared }) => commit(prepared, isInBlock),
    mayOmitOwn: false,
    maxConflicts: MAX_CONFLICTS,
    mayEndorseAgain,
    pause: () => Promise.resolve(),
  });
  switch (submitted.kind) {
    case 'committed':
      return submitted.transaction.prepared.getResult();
    case 'conflicting':
    case 'spoiled':
      throw new DomainError('CONFLICT', `the transaction was not valid: validation code ${submitted.code}`);
    case 'refused':
    case 'unreachable':
      throw submitted.error;
  }
}

async function endorsement(
  { own, endorse }: Submission,
  hospitals: readonly MspId[] | undefined,
): Promise<Endorsement<EndorsedTransaction>> {
  try {
    const prepared = await endorse(hospitals);
    return { kind: 'endorsed', transaction: { prepared, endorsers: endorsersOf(prepared.getBytes()) } };
  } catch (error) {
    return notEndorsed(error, own);
  }
}

/** The own peer's refusal by a rule; what another hospital's peer answers is no refusal. */
function notEndorsed(cause: unknown, own: MspId): NotEndorsed {
  const error = toDomainError(cause, own);
  if (error.code !== 'LEDGER_UNAVAILABLE') return { kind: 'refused', error, byOwnPeer: true };
  return { kind: 'unreachable', error, byOwnPeer: isOwnFailure(cause, own), isLate: isLate(cause) };
}

/** Only where the next proposal goes to other peers than the last one. */
function mayEndorseAgain({ count, last, isNamed }: EndorsementFailures): boolean {
  return (isNamed || mayBeOthers(last)) && count < MAX_FAILURES;
}
