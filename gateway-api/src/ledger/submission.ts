// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  MAX_UNDER_ENDORSED,
  SLOW_ENDORSEMENT_MS,
  type EndorserChoice,
  type MspId,
  type TxId,
} from '@tutela/chaincode/domain';
import { TracedError, type Committed, type TransactionStatus } from './ledger.js';

/** What became of one attempt to have a proposal endorsed. */
export type Endorsement =
  | Readonly<{ kind: 'endorsed'; transaction: EndorsedTransaction }>
  /** The chaincode refused; `byOwnPeer` tells a rule from a foreign peer that may merely lag behind. */
  | Readonly<{ kind: 'refused'; error: DomainError; byOwnPeer: boolean }>
  /** A peer or its chaincode did not answer, or failed without a reason that is a rule; the own one, if `byOwnPeer`. */
  | Readonly<{ kind: 'unreachable'; error: DomainError; byOwnPeer: boolean; isLate: boolean }>;

/** An endorsed transaction on its way to the orderers. */
export interface EndorsedTransaction {
  readonly txId: TxId;
  readonly result: Uint8Array;
  /** By which hospitals it is endorsed; whether the endorsements are true is known once it is judged. */
  readonly endorsers: readonly MspId[];
  /** Sends it to the orderers; repeating it is harmless, since its id is. */
  order(): Promise<void>;
  /** Waits for the commit; rejects when no answer came in time. */
  outcome(): Promise<Readonly<{ valid: boolean; code: number }>>;
}

/** Everything that a submission needs of Fabric, of time and of chance. */
export type Submission = Readonly<{
  /** Endorses a fresh proposal, by the named organisations if any. */
  endorse: (organizations?: readonly MspId[]) => Promise<Endorsement>;
  /** The organisations but the own one, as far as they are known. */
  otherOrganizations: () => Promise<readonly MspId[]>;
  own: MspId;
  /** What is known of who endorses falsely, shared by all submissions. */
  choice: EndorserChoice;
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
/** Too few endorsed it truly: somebody signed falsely, or the rule has changed since, as when a hospital joins. */
const ENDORSEMENT_POLICY_FAILURE = 10;
const REPEATABLE: readonly number[] = [...CONFLICTS, ENDORSEMENT_POLICY_FAILURE];
const MAX_CONFLICTS = 8;
/** How long endorsers may be away, or lag behind each other: nothing is ordered yet, so waiting is safe. */
const ENDORSEMENT_PATIENCE_MS = 25_000;
/** How long a transaction is sent again and its block awaited: a few elections. */
const PATIENCE_MS = 40_000;
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

/**
 * Endorses, orders and awaits a transaction. A conflict, a foreign peer that lags and one that endorsed falsely get a
 * fresh proposal; the arguments of each transaction bind what it acts on, so a repetition acts on nothing else. An own
 * peer that cannot endorse is passed over where the others suffice. Throws the chaincode's refusal, CONFLICT,
 * LEDGER_UNAVAILABLE (nothing valid was ordered), COMMIT_UNKNOWN with the transaction's id, or INTERNAL for one that is
 * invalid for another reason, too few true endorsements after 25 tries among them.
 */
export async function submitTransaction(submission: Submission): Promise<Committed<Uint8Array>> {
  const endorseUntilMs = submission.nowMs() + ENDORSEMENT_PATIENCE_MS;
  const endorsers = new Endorsers(submission);
  let [conflicts, underEndorsed] = [0, 0];
  for (let attempt = 1; ; attempt += 1) {
    const endorsement = await endorsers.endorse();
    if (endorsement.kind !== 'endorsed' && submission.nowMs() >= endorseUntilMs) throw inTheEnd(endorsement);
    switch (endorsement.kind) {
      case 'refused':
        if (endorsement.byOwnPeer) throw endorsement.error;
        endorsers.passOver(endorsement);
        break;
      case 'unreachable':
        endorsers.passOver(endorsement);
        break;
      case 'endorsed': {
        const { transaction } = endorsement;
        await submission.beforeOrdering?.();
        const repeatable = underEndorsed < MAX_UNDER_ENDORSED ? REPEATABLE : CONFLICTS;
        const committed = await commit(submission, transaction, repeatable);
        const isEnough = 'txId' in committed || committed.code !== ENDORSEMENT_POLICY_FAILURE;
        endorsers.learn(transaction.endorsers, isEnough);
        if ('txId' in committed) return committed;
        if (isEnough) conflicts += 1;
        else underEndorsed += 1;
        if (conflicts >= MAX_CONFLICTS)
          throw new DomainError('CONFLICT', 'others changed the same state too often; try again');
        break;
      }
    }
    await submission.sleep(pause(attempt - underEndorsed, submission.chance));
  }
}

/** What another hospital's peer said is no answer about the request. */
function inTheEnd({ error, byOwnPeer }: Exclude<Endorsement, { kind: 'endorsed' }>): DomainError {
  if (byOwnPeer) return error;
  const message = 'too few hospitals endorse it now; nothing was ordered';
  return new DomainError('LEDGER_UNAVAILABLE', message, { cause: error });
}

/**
 * Who is asked to endorse: as the own peer chooses; a set by name once somebody has endorsed falsely or slowly, in turns
 * with the peer's choice, which knows a changed rule; or other hospitals alone while the own peer cannot.
 */
class Endorsers {
  readonly #submission: Submission;
  #withoutOwn = false;
  #ownRequired = false;
  #isNamesTurn = false;
  #isQuick = true;
  #named: readonly MspId[] | undefined;

  constructor(submission: Submission) {
    this.#submission = submission;
  }

  async endorse(): Promise<Endorsement> {
    const { choice, own, endorse, nowMs } = this.#submission;
    const others = await this.#submission.otherOrganizations();
    if (this.#withoutOwn && others.length > 0) {
      this.#named = choice.draw(others, { withoutOwn: true });
      return endorse(this.#named ?? others);
    }
    this.#named = choice.known(others) ?? (this.#isNamesTurn ? choice.draw(others) : undefined);
    const fromMs = nowMs();
    const endorsement = await (this.#named === undefined ? endorse() : endorse([own, ...this.#named]));
    this.#isQuick = nowMs() - fromMs <= SLOW_ENDORSEMENT_MS;
    if (endorsement.kind === 'endorsed' && !this.#isQuick) {
      choice.beWary();
      if (this.#named !== undefined) choice.avoid(this.#named);
    }
    return endorsement;
  }

  /**
   * Those who were asked do not endorse, and a set that was named is passed over, whatever the error says of whose fault
   * it is: next a set by name if no answer came in time, without the own peer if that is away, and from the others back
   * to it.
   */
  passOver(failure: Exclude<Endorsement, { kind: 'endorsed' }>): void {
    const { choice } = this.#submission;
    const isLate = failure.kind === 'unreachable' && failure.isLate;
    this.#isNamesTurn = isLate && this.#named === undefined && !this.#withoutOwn;
    if (isLate) choice.beWary();
    if (this.#named !== undefined) choice.avoid(this.#named);
    const isOwnWaitedFor =
      failure.kind === 'refused' ||
      this.#isNamesTurn ||
      this.#ownRequired ||
      (this.#named !== undefined && !this.#withoutOwn && !failure.byOwnPeer);
    this.#withoutOwn = !isOwnWaitedFor && !this.#withoutOwn;
  }

  /** Learns from a transaction that was judged; the others alone may be fewer than the policy demands. */
  learn(endorsers: readonly MspId[], isEnough: boolean): void {
    const { choice, own } = this.#submission;
    if (this.#withoutOwn) {
      this.#ownRequired = !isEnough;
      this.#withoutOwn = isEnough;
      return;
    }
    const others = endorsers.filter((mspId) => mspId !== own);
    if (isEnough) choice.endorsed(others, { isQuick: this.#isQuick });
    else choice.spoiled(endorsers.length, this.#named);
    this.#isNamesTurn = !isEnough && this.#named === undefined;
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
