// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as emergency from '../transactions/emergency/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** Breaking the glass, and answering for it. */
export class EmergencyContract extends Contract {
  constructor() {
    super('emergency');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  Open(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.open, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Cosign(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.cosign, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ApproveFullScope(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.approveFullScope, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Close(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.close, ctx, request);
  }

  @Transaction()
  @Returns('string')
  BeginReview(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.beginReview, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Review(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.review, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Contest(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.contest, ctx, request);
  }

  @Transaction()
  @Returns('string')
  FetchNotices(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.fetchNotices, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  Get(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.get, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListByHandle(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.listByHandle, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListDueReviews(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.listDueReviews, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListNotices(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.listNotices, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  Metrics(ctx: LedgerContext, request: string): Promise<string> {
    return execute(emergency.metrics, ctx, request);
  }
}
