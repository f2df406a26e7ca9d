// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as access from '../transactions/access/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** Who opens what, why, and under what. */
export class AccessContract extends Contract {
  constructor() {
    super('access');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  DeclareIntent(ctx: LedgerContext, request: string): Promise<string> {
    return execute(access.declareIntent, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetIntent(ctx: LedgerContext, request: string): Promise<string> {
    return execute(access.getIntent, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetReleaseContext(ctx: LedgerContext, request: string): Promise<string> {
    return execute(access.getReleaseContext, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  PreviewReleaseContext(ctx: LedgerContext, request: string): Promise<string> {
    return execute(access.previewReleaseContext, ctx, request);
  }
}
