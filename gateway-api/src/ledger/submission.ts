// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId, type TxId } from '@tutela/chaincode/domain';
import {
  mayBeOfAnother,
  submitTransaction,
  type Endorsed,
  type Endorsement,
  type EndorserChoice,
  type NotEndorsed,
  type Outcome,
} from '@tutela/fabric';
import { TracedError, type Committed, type TransactionStatus } from './ledger.js';

/** An endorsed transaction on its way to the orderers. */
export type EndorsedTransaction = Endorsed &
  Readonly<{
    txId: TxId;
    result: Uint8Array;
    /** From which it can be ordered again. */
    bytes: () => Uint8Array;
    /** Sends it to the orderers; repeating it is harmless, since its id is. */
    order: () => Promise<void>;
    /** Waits for the commit; rejects when no answer came in time. */
    outcome: () => Promise<Outcome>;
  }>;

/** Everything that a submission needs of Fabric, of time and of chance. */
export type Submission = Readonly<{
  /** Endorses a fresh proposal, by the named organisations if any. */
  endorse: (organizations?: readonly MspId[]) => Promise<Endorsement<EndorsedTransaction>>;
  /** The organisations but the own one, as far as they are known. */
  otherOrganizations: () => Promise<readonly MspId[]>;
  own: MspId;
  /** What is known of who spoils or delays transactions, shared by all submissions. */
  choice: EndorserChoice;
  status: (txId: TxId) => Promise<TransactionStatus>;
  /** Keeps each transaction durably before it is ordered. */
  keep?: (transaction: EndorsedTransaction) => void;
  /** What must be so before anything is ordered; its failure is the submission's, and nothing was ordered. */
  beforeOrdering?: () => Promise<void>;
  /** Called for each transaction that the orderers took; whether it becomes valid is not known then. */
  onOrdered?: (transaction: Committed<Uint8Array>) => void;
  sleep: (ms: number) => Promise<void>;
  nowMs: () => number;
  /** Uniform in [0, 1). */
  chance: () => number;
}>;

/** How often a transaction is endorsed anew because others changed what it read. */
export const MAX_CONFLICTS = 8;
/** How long endorsers may be away, or lag behind each other: nothing is ordered yet, so waiting is safe. */
const ENDORSEMENT_PATIENCE_MS = 25_000;
/** How long a transaction is sent again and its block awaited: a few elections. */
const PATIENCE_MS = 40_000;
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

/**
 * Endorses, orders and awaits a transaction, by the other hospitals where the own peer cannot endorse and they suffice.
 * Throws the chaincode's refusal, CONFLICT, LEDGER_UNAVAILABLE (nothing valid was ordered, also where other hospitals
 * spoiled 25 tries), or COMMIT_UNKNOWN with the transaction's id.
 */
export async function submit(submission: Submission): Promise<Committed<Uint8Array>> {
  const { own, otherOrganizations, choice, endorse, beforeOrdering, keep, sleep, nowMs, chance } = submission;
  const endorseUntilMs = nowMs() + ENDORSEMENT_PATIENCE_MS;
  const submitted = await submitTransaction<EndorsedTransaction>({
    own,
    others: otherOrganizations,
    choice,
    endorse,
    nowMs,
    commit: async (transaction) => {
      await beforeOrdering?.();
      keep?.(transaction);
      return outcomeOf(submission, transaction);
    },
    mayOmitOwn: true,
    maxConflicts: MAX_CONFLICTS,
    mayEndorseAgain: () => nowMs() < endorseUntilMs,
    pause: (attempt) => sleep(pause(attempt, chance)),
  });
  switch (submitted.kind) {
    case 'committed': {
      const { txId, result } = submitted.transaction;
      return { txId, result };
    }
    case 'conflicting':
      throw new DomainError('CONFLICT', 'others changed the same state too often; try again');
    case 'spoiled':
      throw spoiled(submitted.transaction, submitted.code);
    case 'refused':
    case 'unreachable':
      throw notEndorsedInTime(submitted);
  }
}

/** What the end of one endorsed transaction takes. */
export type Ordering = Pick<Submission, 'status' | 'onOrdered' | 'sleep' | 'nowMs' | 'chance'>;

/**
 * Brings a transaction that an earlier try kept to its end: ordered again it is the same, and is valid once at most.
 * Undefined if it is invalid; throws COMMIT_UNKNOWN.
 */
export async function resume(
  ordering: Ordering,
  kept: EndorsedTransaction,
): Promise<Committed<Uint8Array> | undefined> {
  const { valid } = (await statusOf(ordering, kept)) ?? (await outcomeOf(ordering, kept));
  return valid ? { txId: kept.txId, result: kept.result } : undefined;
}

function spoiled({ txId }: EndorsedTransaction, code: number): TracedError {
  const message = `other hospitals spoiled every try (the last one with Fabric's validation code ${code}); nothing was written`;
  return new TracedError('LEDGER_UNAVAILABLE', message, { txId });
}

/** What another hospital's peer said is no answer about the request. */
function notEndorsedInTime({ error, byOwnPeer }: NotEndorsed): DomainError {
  if (byOwnPeer) return error;
  const message = 'too few hospitals endorse it now; nothing was ordered';
  return new DomainError('LEDGER_UNAVAILABLE', message, { cause: error });
}

/**
 * Orders the transaction and waits for its block. An orderer takes it for a leader that may be gone, and a leader that
 * is deposed forgets what it had not spread: one whose block does not come is sent again.
 */
async function outcomeOf(ordering: Ordering, transaction: EndorsedTransaction): Promise<Outcome> {
  const deadlineMs = ordering.nowMs() + PATIENCE_MS;
  for (let wait = 1; ; wait += 1) {
    const known = await orderUntilTaken(ordering, transaction, deadlineMs);
    if (known !== undefined) return known;
    if (wait === 1) ordering.onOrdered?.({ txId: transaction.txId, result: transaction.result });
    let cause: unknown;
    try {
      const { valid, code } = await transaction.outcome();
      if (!mayBeOfAnother(code)) return { valid, code };
    } catch (error) {
      cause = error;
    }
    // A block has the id: whether the transaction is in it is for the block to say, and no answer is no verdict.
    const found = await statusOf(ordering, transaction);
    if (found !== undefined) return found;
    if (ordering.nowMs() >= deadlineMs) throw unknown(transaction, cause);
    await ordering.sleep(pause(wait + 2, ordering.chance));
  }
}

/**
 * Sends the transaction until the orderers take it: one that did not answer may have taken it, so it is always the
 * same transaction. Its outcome, if that is known before they take it again.
 */
async function orderUntilTaken(
  ordering: Ordering,
  transaction: EndorsedTransaction,
  deadlineMs: number,
): Promise<Outcome | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await transaction.order();
      return undefined;
    } catch (error) {
      const found = await statusOf(ordering, transaction);
      if (found !== undefined) return found;
      if (ordering.nowMs() >= deadlineMs) throw unknown(transaction, error);
    }
    await ordering.sleep(pause(attempt + 2, ordering.chance));
  }
}

async function statusOf(
  ordering: Pick<Ordering, 'status'>,
  { txId }: EndorsedTransaction,
): Promise<Outcome | undefined> {
  const { status, code } = await ordering.status(txId);
  return status === 'unknown' ? undefined : { valid: status === 'valid', code: code ?? 0 };
}

function unknown({ txId }: EndorsedTransaction, cause: unknown): TracedError {
  const message = 'whether the transaction was committed is not known yet';
  return new TracedError('COMMIT_UNKNOWN', message, { txId }, { cause });
}

/** Full jitter: somewhere up to a bound that doubles. */
function pause(attempt: number, chance: () => number): number {
  return chance() * Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
}
