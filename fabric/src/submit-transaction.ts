// SPDX-License-Identifier: Apache-2.0
import { StatusCode } from '@hyperledger/fabric-gateway';
import type { DomainError, MspId } from '@tutela/chaincode/domain';
import type { EndorserChoice } from './endorser-choice.js';

/** Why a proposal is not endorsed. */
export type NotEndorsed =
  /** The chaincode refused; `byOwnPeer` tells a rule from a foreign peer that may merely lag behind. */
  | Readonly<{ kind: 'refused'; error: DomainError; byOwnPeer: boolean }>
  /** A peer or its chaincode did not answer, or failed without a reason that is a rule; the own one, if `byOwnPeer`. */
  | Readonly<{ kind: 'unreachable'; error: DomainError; byOwnPeer: boolean; isLate: boolean }>;

/** The outcome of one attempt to have a proposal endorsed. */
export type Endorsement<T> = Readonly<{ kind: 'endorsed'; transaction: T }> | NotEndorsed;

/** By which hospitals a transaction is endorsed; whether the endorsements are true is known once it is judged. */
export type Endorsed = Readonly<{ endorsers: readonly MspId[] }>;

/** How peers judged an ordered transaction, and not another envelope that claims its id: Fabric's validation code. */
export type Outcome = Readonly<{ valid: boolean; code: number }>;

/** How often proposals were not endorsed in this submission, why at last, and whether its endorsers were named. */
export type EndorsementFailures = Readonly<{ count: number; last: NotEndorsed; isNamed: boolean }>;

/** What a submission needs of Fabric and of time, and in what a gateway and a custodian differ. */
export type Submission<T extends Endorsed> = Readonly<{
  own: MspId;
  /** The other hospitals, as far as they are known. */
  others: () => Promise<readonly MspId[]>;
  /** What is known of who spoils or delays transactions, shared by all submissions. */
  choice: EndorserChoice;
  /** Endorses a fresh proposal, by the named hospitals if any. */
  endorse: (hospitals?: readonly MspId[]) => Promise<Endorsement<T>>;
  /** Orders the transaction and waits for its block; throws when the outcome is not known. */
  commit: (transaction: T) => Promise<Outcome>;
  /** Whether the other hospitals may endorse alone while the own peer cannot. */
  mayOmitOwn: boolean;
  /** After how many conflicts a submission ends. */
  maxConflicts: number;
  mayEndorseAgain: (failures: EndorsementFailures) => boolean;
  /** Waits before the next attempt, where spoiled ones are not counted. */
  pause: (attempt: number) => Promise<void>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}>;

/** The end of a submission: only `committed` changed the ledger, and after `refused` and `unreachable` nothing was ordered. */
export type Submitted<T> =
  | Readonly<{ kind: 'committed'; transaction: T }>
  | Readonly<{ kind: 'conflicting' | 'spoiled'; transaction: T; code: number }>
  | NotEndorsed;

/** Validation codes that say: another transaction was first, so try again. */
const CONFLICTS: readonly number[] = [StatusCode.MVCC_READ_CONFLICT, StatusCode.PHANTOM_READ_CONFLICT];
/**
 * How often a transaction is endorsed again that was invalid without a conflict: of the sets of three other hospitals of
 * seven, one in twenty is good when three are hostile.
 */
const MAX_SPOILED = 24;
/** Endorsements that take longer than this have waited for a hospital that does not answer. */
const SLOW_ENDORSEMENT_MS = 3_000;

/**
 * Whether a failure may be another hospital's peer's: it refused or failed where the own one did not, or no answer came
 * in time. Then another set is worth asking.
 */
export function mayBeOthers(failure: NotEndorsed): boolean {
  return !failure.byOwnPeer || (failure.kind === 'unreachable' && failure.isLate);
}

/**
 * Endorses, orders and awaits a transaction. A conflict, a foreign peer that lags and a transaction that another hospital
 * spoiled get a fresh proposal; the arguments of each transaction bind what it acts on, so a repetition acts on nothing
 * else. An endorser spoils a transaction with a false signature, or with an envelope of its own that claims the same id
 * and is ordered first: Fabric then calls this one a duplicate, and by its id tells why the other one is invalid. So
 * whatever the reason is, if it is no conflict, other endorsers are asked.
 */
export async function submitTransaction<T extends Endorsed>(
  submission: Submission<T>,
): Promise<Submitted<T>> {
  const endorsers = new Endorsers(submission);
  let [failures, conflicts, spoiled] = [0, 0, 0];
  for (let attempt = 1; ; attempt += 1) {
    const endorsement = await endorsers.endorse();
    if (endorsement.kind === 'endorsed') {
      const { transaction } = endorsement;
      const { valid, code } = await submission.commit(transaction);
      const isConflict = !valid && CONFLICTS.includes(code);
      endorsers.learn(transaction.endorsers, { isSpoiled: !valid && !isConflict, isConflict });
      if (valid) return { kind: 'committed', transaction };
      if (isConflict) conflicts += 1;
      else spoiled += 1;
      if (conflicts >= submission.maxConflicts) return { kind: 'conflicting', transaction, code };
      if (spoiled > MAX_SPOILED) return { kind: 'spoiled', transaction, code };
    } else {
      if (endorsement.kind === 'refused' && endorsement.byOwnPeer) return endorsement;
      failures += 1;
      const { isNamed } = endorsers;
      endorsers.passOver(endorsement);
      if (!submission.mayEndorseAgain({ count: failures, last: endorsement, isNamed })) return endorsement;
    }
    await submission.pause(attempt - spoiled);
  }
}

/**
 * Who is asked to endorse: as the own peer chooses; a set by name once a transaction was spoiled or endorsed slowly,
 * alternately with the peer's choice, which knows a changed rule; or other hospitals alone while the own peer cannot.
 */
class Endorsers<T extends Endorsed> {
  readonly #submission: Submission<T>;
  #withoutOwn = false;
  #ownRequired = false;
  #isNamedNext = false;
  #isQuick = true;
  #named: readonly MspId[] | undefined;

  constructor(submission: Submission<T>) {
    this.#submission = submission;
  }

  /** Whether the last proposal named its endorsers. */
  get isNamed(): boolean {
    return this.#named !== undefined;
  }

  async endorse(): Promise<Endorsement<T>> {
    const { choice, own, endorse, nowMs } = this.#submission;
    const others = await this.#submission.others();
    if (this.#withoutOwn && others.length > 0) {
      this.#named = choice.draw(others, { withoutOwn: true });
      return endorse(this.#named ?? others);
    }
    this.#named = choice.known(others) ?? (this.#isNamedNext ? choice.draw(others) : undefined);
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
   * After a failure: ask a named set next if it may be another peer's; ask the others without the own peer if that one is away; after that, include it again. A named set that failed is avoided.
   */
  passOver(failure: NotEndorsed): void {
    const { choice, mayOmitOwn } = this.#submission;
    const isOthers = mayBeOthers(failure);
    this.#isNamedNext = isOthers && this.#named === undefined && !this.#withoutOwn;
    if (isOthers) choice.beWary();
    if (this.#named !== undefined) choice.avoid(this.#named);
    const isOwnWaitedFor =
      failure.kind === 'refused' ||
      this.#isNamedNext ||
      this.#ownRequired ||
      (this.#named !== undefined && !this.#withoutOwn && !failure.byOwnPeer);
    this.#withoutOwn = mayOmitOwn && !isOwnWaitedFor && !this.#withoutOwn;
  }

  /** Learns from a transaction that was judged; the others alone may be fewer than the policy demands. */
  learn(
    endorsers: readonly MspId[],
    { isSpoiled, isConflict }: Readonly<{ isSpoiled: boolean; isConflict: boolean }>,
  ): void {
    const { choice, own } = this.#submission;
    if (this.#withoutOwn) {
      this.#ownRequired = isSpoiled;
      this.#withoutOwn = !isSpoiled;
      return;
    }
    const others = endorsers.filter((mspId) => mspId !== own);
    if (isSpoiled) choice.spoiled(endorsers.length, this.#named);
    else choice.endorsed(others, { isGood: this.#isQuick && !isConflict, asked: this.#named });
    this.#isNamedNext = isSpoiled && this.#named === undefined;
  }
}
