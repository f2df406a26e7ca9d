// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as custody from '../transactions/custody/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** The custodians of the key: ceremonies, signs of life, accusations. */
export class CustodyContract extends Contract {
  readonly #founders: number;

  /** `founders`: how many hospitals found the consortium, as this hospital's own operator agreed with the others. */
  constructor(founders: number) {
    super('custody');
    this.#founders = founders;
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  StartCeremony(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.startCeremony(this.#founders), ctx, request);
  }

  @Transaction()
  @Returns('string')
  Join(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.join, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Deal(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.deal, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Confirm(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.confirm, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Complain(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.complain, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Reveal(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.reveal, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Abort(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.abort, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Activate(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.activate, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Heartbeat(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.heartbeat, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Sight(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.sight, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Accuse(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.accuse, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetCurrent(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.getCurrent, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetEpoch(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.getEpoch, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetCeremony(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.getCeremony, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetOpenCeremony(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.getOpenCeremony, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListHeartbeats(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.listHeartbeats, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListPendingActs(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.listPendingActs, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListAccusations(ctx: LedgerContext, request: string): Promise<string> {
    return execute(custody.listAccusations, ctx, request);
  }
}
