// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  type ErrorCode,
  type LedgerEvent,
  type MspId,
  type TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from './actor.js';
import type { EvaluateName, EvaluateResults, FreeName, KeyedName, SubmitResults } from './transactions.js';

/** A committed transaction and what it answered. */
export type Committed<T> = Readonly<{ txId: TxId; result: T }>;

/** How a submission differs from the ordinary one; `T` is what the transaction answers. */
export type SubmitOptions<T = unknown> = Readonly<{
  /** JSON that travels beside the argument and is never ordered, by its transient name. */
  transient?: Readonly<Record<string, object>>;
  signal?: AbortSignal;
  /** Awaited between endorsement and ordering; when it fails, nothing is ordered and its error is the answer. */
  beforeOrdering?: () => Promise<void>;
  /** Told once the orderers took the transaction, each time it is tried; it may still turn out invalid, so nothing may be given away on it. */
  onOrdered?: (ordered: Committed<T>) => void;
}>;

/** An endorsed transaction as it can be ordered again; `bytes` is base64. */
export type KeptTransaction = Readonly<{ txId: TxId; bytes: string }>;

/** Where the transaction of a keyed request is kept until the request is answered: the newest one of each name. */
export type TransactionKeeper = Readonly<{
  kept: (name: KeyedName) => KeptTransaction | undefined;
  /** Keeps it durably, in the place of an earlier one. */
  keep: (name: KeyedName, transaction: KeptTransaction) => void;
}>;

/** Makes the argument of a transaction; called only where nothing that was kept stands. */
export type MakeRequest = () => object | Promise<object>;

/** What became of a transaction; `unknown` is an answer about the asking, never about the transaction. */
export type TransactionStatus = Readonly<{ status: 'valid' | 'invalid' | 'unknown'; code?: number }>;

/**
 * An event with the place after which its reader goes on: handle first, save the checkpoint after. Of several events
 * of one transaction only the last has a checkpoint, since a reader never goes on in their middle.
 */
export type LedgerMessage = Readonly<{ event: LedgerEvent; blockNumber: bigint; checkpoint?: string }>;

/**
 * This hospital's view of the ledger. Refusals by the chaincode are the same `DomainError`s that it threw;
 * LEDGER_UNAVAILABLE means that nothing was ordered, COMMIT_UNKNOWN that it may have been.
 */
export interface Ledger {
  readonly channel: string;
  readonly mspId: MspId;
  /** Endorses, orders and waits for the commit. Conflicts are tried again with fresh proposals, a bounded number of times. */
  submit<N extends FreeName>(
    actor: Actor,
    name: N,
    request: object,
    options?: SubmitOptions<SubmitResults[N]>,
  ): Promise<Committed<SubmitResults[N]>>;
  /**
   * As `submit`, for a request under a client's key: each transaction is kept before it is ordered. What an earlier try
   * kept is ordered first, and is the answer once it is valid; only when it is invalid is another one endorsed.
   */
  submitOnce<N extends KeyedName>(
    actor: Actor,
    name: N,
    makeRequest: MakeRequest,
    keeper: TransactionKeeper,
    options?: SubmitOptions<SubmitResults[N]>,
  ): Promise<Committed<SubmitResults[N]>>;
  /** Asks the own peer; while its chaincode is away, an answer counts that as many other hospitals give as open a record. */
  evaluate<N extends EvaluateName>(
    actor: Actor,
    name: N,
    request: object,
    signal?: AbortSignal,
  ): Promise<EvaluateResults[N]>;
  /** Asks the own peer alone, as the gateway: for what is acted upon here and cannot be taken back. */
  askOwnPeer<N extends EvaluateName>(name: N, request: object): Promise<EvaluateResults[N]>;
  /** What became of a transaction, by the own peer, or by as many other hospitals as open a record. */
  status(txId: TxId): Promise<TransactionStatus>;
  /** Events from after the checkpoint, or from now; reconnects until the signal aborts. */
  events(signal: AbortSignal, checkpoint?: string): AsyncIterable<LedgerMessage>;
  /** Whether the own peer answers. */
  isReachable(): Promise<boolean>;
}

/** A refusal or failure with the transaction, and intent, under which it is found on the ledger. */
export class TracedError extends DomainError {
  readonly txId?: TxId;
  readonly intentId?: string;

  constructor(
    code: ErrorCode,
    message: string,
    trace: Readonly<{ txId?: TxId; intentId?: string }>,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    if (trace.txId !== undefined) this.txId = trace.txId;
    if (trace.intentId !== undefined) this.intentId = trace.intentId;
  }
}
