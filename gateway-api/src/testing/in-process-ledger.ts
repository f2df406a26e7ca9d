// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  eventsIn,
  txId as decodeTxId,
  type LedgerEvent,
  type MspId,
  type TxId,
} from '@tutela/chaincode/domain';
import { commit, endorse, CommitFailure, type FakeLedger, type Identity } from '@tutela/chaincode/testing';
import { GATEWAY, type Actor } from '../ledger/actor.js';
import { messagesFor } from '../ledger/event-loop.js';
import type {
  Committed,
  Ledger,
  LedgerMessage,
  MakeRequest,
  SubmitOptions,
  TransactionKeeper,
  TransactionStatus,
} from '../ledger/ledger.js';
import { MAX_CONFLICTS } from '../ledger/submission.js';
import type {
  EvaluateName,
  EvaluateResults,
  FreeName,
  KeyedName,
  SubmitName,
  SubmitResults,
} from '../ledger/transactions.js';
import { Mailbox } from './mailbox.js';

/** What every in-process ledger of one test shares: one channel, and its events so far. */
export class InProcessChannel {
  readonly ledger: FakeLedger;
  readonly messages: LedgerMessage[] = [];
  readonly #readers = new Set<Mailbox<LedgerMessage>>();

  constructor(ledger: FakeLedger) {
    this.ledger = ledger;
  }

  publish(txId: TxId, events: readonly LedgerEvent[]): void {
    const blockNumber = BigInt(this.messages.length + 1);
    for (const message of messagesFor(events, blockNumber, `${blockNumber.toString()}:${txId}`)) {
      this.messages.push(message);
      for (const reader of this.#readers) reader.put(message);
    }
  }

  async *follow(signal: AbortSignal, checkpoint?: string): AsyncGenerator<LedgerMessage, void, undefined> {
    const mailbox = new Mailbox<LedgerMessage>(signal);
    const last =
      checkpoint === undefined ? -1 : this.messages.findIndex((message) => message.checkpoint === checkpoint);
    if (last >= 0) for (const message of this.messages.slice(last + 1)) mailbox.put(message);
    this.#readers.add(mailbox);
    try {
      yield* mailbox;
    } finally {
      this.#readers.delete(mailbox);
    }
  }
}

/** After how many rounds of the event loop a block comes; an evaluation takes two or three. */
const ROUNDS_OF_A_BLOCK = 16;

/**
 * A fault that the next call of one transaction meets: before it is endorsed; when it is endorsed and kept, and not
 * ordered; when it is ordered, and then invalid; after it is committed; or late: it is committed just before the next
 * transaction that is ordered.
 */
export type LedgerFault = Readonly<{
  name: string;
  when: 'before' | 'endorsed' | 'ordered' | 'late' | 'after';
  error: Error;
}>;

/** One hospital's ledger over the real contracts in this process; keeps every promise of the port. */
export class InProcessLedger implements Ledger {
  readonly channel: string;
  readonly mspId: MspId;
  readonly faults: LedgerFault[] = [];
  /** Names of all calls so far, for tests that count. */
  readonly calls: string[] = [];
  /** Names of the transactions that were sent to be ordered. */
  readonly ordered: string[] = [];
  readonly #channel: InProcessChannel;
  readonly #identityOf: (actor: Actor) => Identity;
  readonly #valid = new Set<TxId>();
  readonly #invalid = new Set<TxId>();
  /** Commits, or throws that it cannot, what was endorsed and kept. */
  readonly #endorsed = new Map<TxId, Readonly<{ commit: () => void; result: unknown }>>();
  readonly #late: (() => void)[] = [];

  constructor(channel: InProcessChannel, mspId: MspId, identityOf: (actor: Actor) => Identity) {
    this.channel = channel.ledger.channel;
    this.mspId = mspId;
    this.#channel = channel;
    this.#identityOf = identityOf;
  }

  submit<N extends FreeName>(
    actor: Actor,
    name: N,
    request: object,
    options: SubmitOptions<SubmitResults[N]> = {},
  ): Promise<Committed<SubmitResults[N]>> {
    return this.#submit(actor, name, request, options);
  }

  async submitOnce<N extends KeyedName>(
    actor: Actor,
    name: N,
    makeRequest: MakeRequest,
    keeper: TransactionKeeper,
    options: SubmitOptions<SubmitResults[N]> = {},
  ): Promise<Committed<SubmitResults[N]>> {
    const kept = keeper.kept(name);
    const standing = kept && this.#resume(kept.txId);
    if (standing !== undefined) return standing as Committed<SubmitResults[N]>;
    return this.#submit(actor, name, await makeRequest(), options, (txId) => {
      keeper.keep(name, { txId, bytes: '' });
    });
  }

  /** Orders what was kept again, after what is late. */
  #resume(txId: TxId): Committed<unknown> | undefined {
    const transaction = this.#endorsed.get(txId);
    if (transaction === undefined) throw new Error('nothing was endorsed under this id');
    for (const commitLate of this.#late.splice(0)) commitLate();
    if (!this.#valid.has(txId) && !this.#invalid.has(txId))
      try {
        transaction.commit();
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    return this.#valid.has(txId) ? { txId, result: transaction.result } : undefined;
  }

  async #submit<N extends SubmitName>(
    actor: Actor,
    name: N,
    request: object,
    options: SubmitOptions<SubmitResults[N]>,
    keep: (txId: TxId) => void = () => undefined,
  ): Promise<Committed<SubmitResults[N]>> {
    this.calls.push(name);
    this.#fail(name, 'before');
    for (let conflicts = 1; ; conflicts += 1)
      try {
        return await this.#tryOnce(actor, name, request, { options, keep });
      } catch (error) {
        if (!isOfOthers(error) || conflicts === MAX_CONFLICTS) throw error;
      }
  }

  async #tryOnce<N extends SubmitName>(
    actor: Actor,
    name: N,
    request: object,
    { options, keep }: Readonly<{ options: SubmitOptions<SubmitResults[N]>; keep: (txId: TxId) => void }>,
  ): Promise<Committed<SubmitResults[N]>> {
    const { transient } = options;
    const identity = this.#identityOf(actor);
    const proposal = transient === undefined ? {} : { transient };
    const endorsed = await endorse(this.#channel.ledger, identity, name, request, proposal);
    const txId = decodeTxId(endorsed.txId, 'txId');
    const result = endorsed.answer as SubmitResults[N];
    await options.beforeOrdering?.();
    const commitNow = (): void => {
      this.#invalid.add(txId);
      commitOrConflict(this.#channel.ledger, endorsed.stub);
      this.#invalid.delete(txId);
      this.#valid.add(txId);
      const payload = endorsed.stub.event?.payload;
      if (payload !== undefined) this.#channel.publish(txId, eventsIn(new TextDecoder().decode(payload)));
    };
    this.#endorsed.set(txId, { commit: commitNow, result });
    keep(txId);
    this.#fail(name, 'endorsed');
    this.ordered.push(name);
    options.onOrdered?.({ txId, result });
    // A block takes its time: `onOrdered` may act meanwhile, and ask the ledger.
    for (let round = 0; round < ROUNDS_OF_A_BLOCK; round += 1) await new Promise(setImmediate);
    this.#fail(name, 'ordered', () => this.#invalid.add(txId));
    for (const commitLate of this.#late.splice(0)) commitLate();
    if (this.#channel.ledger.isOfEarlierPeriod(endorsed.stub))
      return this.#submit(actor, name, request, options, keep);
    this.#fail(name, 'late', () => this.#late.push(commitNow));
    commitNow();
    this.#fail(name, 'after');
    return { txId, result };
  }

  async evaluate<N extends EvaluateName>(
    actor: Actor,
    name: N,
    request: object,
  ): Promise<EvaluateResults[N]> {
    this.calls.push(name);
    this.#fail(name, 'before');
    const { answer } = await endorse(this.#channel.ledger, this.#identityOf(actor), name, request);
    return answer as EvaluateResults[N];
  }

  askOwnPeer<N extends EvaluateName>(name: N, request: object): Promise<EvaluateResults[N]> {
    return this.evaluate(GATEWAY, name, request);
  }

  status(txId: TxId): Promise<TransactionStatus> {
    return Promise.resolve(this.#valid.has(txId) ? { status: 'valid', code: 0 } : { status: 'unknown' });
  }

  events(signal: AbortSignal, checkpoint?: string): AsyncIterable<LedgerMessage> {
    return this.#channel.follow(signal, checkpoint);
  }

  isReachable(): Promise<boolean> {
    return Promise.resolve(true);
  }

  #fail(name: string, when: LedgerFault['when'], first: () => void = () => undefined): void {
    const at = this.faults.findIndex((fault) => fault.name === name && fault.when === when);
    const [fault] = at < 0 ? [] : this.faults.splice(at, 1);
    if (fault === undefined) return;
    first();
    throw fault.error;
  }
}

/** Whether a transaction was invalid for what others wrote meanwhile, and was not refused. */
function isOfOthers(error: unknown): boolean {
  return error instanceof DomainError && error.cause instanceof CommitFailure;
}

function commitOrConflict(ledger: FakeLedger, stub: Parameters<typeof commit>[1]): void {
  try {
    commit(ledger, stub);
  } catch (cause) {
    if (!(cause instanceof CommitFailure)) throw cause;
    throw new DomainError('CONFLICT', 'others changed the same state; try again', { cause });
  }
}
