// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as audit from '../transactions/audit/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** Reading what was done, which is itself recorded. */
export class AuditContract extends Contract {
  constructor() {
    super('audit');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  DeclareRead(ctx: LedgerContext, request: string): Promise<string> {
    return execute(audit.declareRead, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  Query(ctx: LedgerContext, request: string): Promise<string> {
    return execute(audit.query, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetEntry(ctx: LedgerContext, request: string): Promise<string> {
    return execute(audit.getEntry, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  Exposure(ctx: LedgerContext, request: string): Promise<string> {
    return execute(audit.exposure, ctx, request);
  }
}
