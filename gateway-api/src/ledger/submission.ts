// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId, type TxId } from '@tutela/chaincode/domain';
import { TracedError, type Committed, type TransactionStatus } from './ledger.js';

/** What became of one attempt to have a proposal endorsed. */
export type Endorsement =
  | Readonly<{ kind: 'endorsed'; transaction: EndorsedTransaction }>
  /** The chaincode refused; `byOwnPeer` tells a rule from a foreign peer that may merely lag behind. */
  | Readonly<{ kind: 'refused'; error: DomainError; byOwnPeer: boolean }>
  /** A peer or its chaincode did not answer, or failed without a reason that is a rule. */
  | Readonly<{ kind: 'unreachable'; error: DomainError }>;

/** An endorsed transaction on its way to the orderers. */
export interface EndorsedTransaction {
  readonly txId: TxId;
  readonly result: Uint8Array;
  /** Sends it to the orderers; repeating it is harmless, since its id is. */
  order(): Promise<void>;
  /** Waits for the commit; rejects when no answer came in time. */
  outcome(): Promise<Readonly<{ valid: boolean; code: number }>>;
}

/** Everything that a submission needs of Fabric, of time and of chance. */
export type Submission = Readonly<{
  /** Endorses a fresh proposal, by the named organisations if any. */
  endorse: (organizations?: readonly MspId[]) => Promise<Endorsement>;
  /** Organisations that can endorse when the own one cannot. */
  otherOrganizations: () => Promise<readonly MspId[]>;
  status: (txId: TxId) => Promise<TransactionStatus>;
  /** What must be so before anything is ordered; its failure is the submission's, and nothing was ordered. */
  beforeOrdering?: () => Promise<void>;
  /** Told of each transaction that the orderers took; whether it becomes valid is not known then. */
  onOrdered?: (transaction: Committed<Uint8Array>) => void;
  sleep: (ms: number) => Promise<void>;
  nowMs: () => number;
  /** Uniform in [0, 1). */
  chance: () => number;
}>;

type Outcome = Readonly<{ valid: boolean; code: number }>;

/** Validation codes of Fabric that say: somebody else was first, try again (MVCC and phantom read conflicts). */
const CONFLICTS: readonly number[] = [11, 12];
/** Too few endorsed it: the rule for that has changed since, as when a hospital joins. */
const ENDORSEMENT_POLICY_FAILURE = 10;
const MAX_CONFLICTS = 8;
/** How long endorsers may be away, or lag behind each other: nothing is ordered yet, so waiting is safe. */
const ENDORSEMENT_PATIENCE_MS = 25_000;
/** How long a transaction is sent again and its block awaited: a few elections. */
const PATIENCE_MS = 40_000;
/** Endorsements that may miss the policy while a hospital joins: peers commit the change one after another. */
const MAX_RULE_CHANGES = 3;
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

/**
 * Endorses, orders and awaits a transaction. A conflict, or a foreign peer that lags, gets a fresh proposal, and so
 * does, three times, one that too few endorsed; the arguments of each transaction bind what it acts on, so a repetition
 * acts on nothing else. An own peer that cannot endorse is passed over where the others suffice. Throws the chaincode's
 * refusal, CONFLICT, LEDGER_UNAVAILABLE (nothing valid was ordered) or COMMIT_UNKNOWN with the transaction's id.
 */
export async function submitTransaction(submission: Submission): Promise<Committed<Uint8Array>> {
  const endorseUntilMs = submission.nowMs() + ENDORSEMENT_PATIENCE_MS;
  const endorsers = new Endorsers(submission);
  let ruleChanges = 0;
  let ordered = 0;
  let repeatable: readonly number[] = [...CONFLICTS, ENDORSEMENT_POLICY_FAILURE];
  for (let attempt = 1; ; attempt += 1) {
    const endorsement = await endorsers.endorse();
    if (endorsement.kind !== 'endorsed' && submission.nowMs() >= endorseUntilMs) throw endorsement.error;
    switch (endorsement.kind) {
      case 'refused':
        if (endorsement.byOwnPeer) throw endorsement.error;
        break;
      case 'unreachable':
        endorsers.passToOthers();
        break;
      case 'endorsed': {
        ordered += 1;
        await submission.beforeOrdering?.();
        const committed = await commit(submission, endorsement.transaction, repeatable);
        if ('txId' in committed) return committed;
        const tooFew = committed.code === ENDORSEMENT_POLICY_FAILURE;
        if (tooFew && endorsers.withoutOwn) endorsers.requireOwn();
        else if (tooFew) ruleChanges += 1;
        if (ruleChanges >= MAX_RULE_CHANGES) repeatable = CONFLICTS;
        if (ordered >= MAX_CONFLICTS)
          throw new DomainError('CONFLICT', 'others changed the same state too often; try again');
        break;
      }
    }
    await submission.sleep(pause(attempt, submission.chance));
  }
}

/** Who is asked to endorse: any, the own peer first, or the other organisations while the own one cannot. */
class Endorsers {
  readonly #submission: Submission;
  #withoutOwn = false;
  #ownRequired = false;

  constructor(submission: Submission) {
    this.#submission = submission;
  }

  get withoutOwn(): boolean {
    return this.#withoutOwn;
  }

  async endorse(): Promise<Endorsement> {
    const others = this.#withoutOwn ? await this.#submission.otherOrganizations() : [];
    return others.length > 0 ? this.#submission.endorse(others) : this.#submission.endorse();
  }

  /** Those who were asked cannot: turns to the others, and from them back to the own peer. */
  passToOthers(): void {
    this.#withoutOwn = !this.#withoutOwn && !this.#ownRequired;
  }

  /** The others alone are fewer than the policy demands: only with the own peer will it do. */
  requireOwn(): void {
    this.#withoutOwn = false;
    this.#ownRequired = true;
  }
}

async function commit(
  submission: Submission,
  transaction: EndorsedTransaction,
  repeatable: readonly number[],
): Promise<Committed<Uint8Array> | Readonly<{ code: number }>> {
  const { valid, code } = await outcomeOf(submission, transaction);
  const { txId, result } = transaction;
  if (valid) return { txId, result };
  if (repeatable.includes(code)) return { code };
  throw new TracedError('INTERNAL', `the transaction was not valid: validation code ${code}`, { txId });
}

/**
 * Orders the transaction and waits for its block. An orderer takes it for a leader that may be gone, and a leader that
 * is deposed forgets what it had not spread: one whose block does not come is sent again.
 */
async function outcomeOf(submission: Submission, transaction: EndorsedTransaction): Promise<Outcome> {
  const deadlineMs = submission.nowMs() + PATIENCE_MS;
  for (let wait = 1; ; wait += 1) {
    const known = await orderUntilTaken(submission, transaction, deadlineMs);
    if (known !== undefined) return known;
    if (wait === 1) submission.onOrdered?.({ txId: transaction.txId, result: transaction.result });
    try {
      return await transaction.outcome();
    } catch (error) {
      const found = await statusOf(submission, transaction);
      if (found !== undefined) return found;
      if (submission.nowMs() >= deadlineMs) throw unknown(transaction, error);
    }
    await submission.sleep(pause(wait + 2, submission.chance));
  }
}

/**
 * Sends the transaction until the orderers take it: one that did not answer may have taken it, so it is always the
 * same transaction. Its outcome, if that is known before they take it again.
 */
async function orderUntilTaken(
  submission: Submission,
  transaction: EndorsedTransaction,
  deadlineMs: number,
): Promise<Outcome | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await transaction.order();
      return undefined;
    } catch (error) {
      const found = await statusOf(submission, transaction);
      if (found !== undefined) return found;
      if (submission.nowMs() >= deadlineMs) throw unknown(transaction, error);
    }
    await submission.sleep(pause(attempt + 2, submission.chance));
  }
}

async function statusOf(submission: Submission, { txId }: EndorsedTransaction): Promise<Outcome | undefined> {
  const { status, code } = await submission.status(txId);
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
