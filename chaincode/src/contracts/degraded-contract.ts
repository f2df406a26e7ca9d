// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as degraded from '../transactions/degraded/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** Emergencies that the ledger could not take: whether they may be, and what was written down of them. */
export class DegradedContract extends Contract {
  constructor() {
    super('degraded');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  Vote(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.vote, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Post(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.post, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Report(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.report, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetMode(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.getMode, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetContext(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.getContext, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetRequest(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.getRequest, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListEntries(ctx: LedgerContext, request: string): Promise<string> {
    return execute(degraded.listEntries, ctx, request);
  }
}
