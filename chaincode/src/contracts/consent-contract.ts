// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as consent from '../transactions/consent/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** What patients permit and deny. */
export class ConsentContract extends Contract {
  constructor() {
    super('consent');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  Grant(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.grant, ctx, request);
  }

  @Transaction()
  @Returns('string')
  GrantMany(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.grantMany, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Replace(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.replace, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Revoke(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.revoke, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  Get(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.get, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListByHandle(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.listByHandle, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListAsOf(ctx: LedgerContext, request: string): Promise<string> {
    return execute(consent.listAsOf, ctx, request);
  }
}
