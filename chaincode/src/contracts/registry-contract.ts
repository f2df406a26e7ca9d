// SPDX-License-Identifier: Apache-2.0
import { execute } from '../state/transaction.js';
import * as registry from '../transactions/registry/index.js';
import { Contract, LedgerContext, Returns, Transaction } from './fabric.js';

/** Hospitals, their people, systems and custodians, and the handles of patients. */
export class RegistryContract extends Contract {
  constructor() {
    super('registry');
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  @Transaction()
  @Returns('string')
  RegisterHospital(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerHospital, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RegisterPractitioner(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerPractitioner, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ChangePractitioner(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.changePractitioner, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RegisterPasskey(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerPasskey, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RemovePasskey(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.removePasskey, ctx, request);
  }

  @Transaction()
  @Returns('string')
  SuspendPractitioner(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.suspendPractitioner, ctx, request);
  }

  @Transaction()
  @Returns('string')
  LiftSuspension(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.liftSuspension, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RegisterSystem(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerSystem, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ChangeSystem(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.changeSystem, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RegisterPatient(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerPatient, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RequestKeyRotation(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.requestKeyRotation, ctx, request);
  }

  @Transaction()
  @Returns('string')
  ApproveKeyRotation(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.approveKeyRotation, ctx, request);
  }

  @Transaction()
  @Returns('string')
  CancelKeyRotation(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.cancelKeyRotation, ctx, request);
  }

  @Transaction()
  @Returns('string')
  CompleteKeyRotation(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.completeKeyRotation, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RegisterGuardian(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerGuardian, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RemoveGuardian(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.removeGuardian, ctx, request);
  }

  @Transaction()
  @Returns('string')
  RegisterCustodian(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.registerCustodian, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetHospital(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.getHospital, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListHospitals(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.listHospitals, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetPractitioner(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.getPractitioner, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListSuspensions(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.listSuspensions, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetSystem(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.getSystem, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetPatient(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.getPatient, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetKeyRotation(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.getKeyRotation, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListGuardians(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.listGuardians, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  ListCustodians(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.listCustodians, ctx, request);
  }

  @Transaction(false)
  @Returns('string')
  GetCustodianKeys(ctx: LedgerContext, request: string): Promise<string> {
    return execute(registry.getCustodianKeys, ctx, request);
  }
}
