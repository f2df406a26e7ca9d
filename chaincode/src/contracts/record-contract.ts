// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as record from '../transactions/record/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** Records: registered version by version, and erased. */
export class RecordContract extends Contract {
  constructor() {
    super('record');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  Register(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.register, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Erase(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.erase, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ConfirmErasure(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.confirmErasure, ctx, request);
  }

  @Transaction()
  @Returns('string')
  Retire(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.retire, ctx, request);
  }

  @Transaction()
  @Returns('string')
  CancelRetirement(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.cancelRetirement, ctx, request);
  }

  @Transaction()
  @Returns('string')
  CompleteRetirement(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.completeRetirement, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ConfirmRetirement(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.confirmRetirement, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ReportCorruption(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.reportCorruption, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  Get(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.get, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetManifest(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.getManifest, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetSealed(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.getSealed, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListByHandle(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.listByHandle, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListPins(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.listPins, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetErasure(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.getErasure, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListErasures(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.listErasures, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetRetirement(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.getRetirement, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListRetirements(ctx: LedgerContext, request: string): Promise<string> {
    return execute(record.listRetirements, ctx, request);
  }
}
