// SPDX-License-Identifier: Apache-2.0
import type { AuditPage, AuditReadId, DeclareAuditRead, ExposurePage, TxId } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** Readings of the audit, each declared before it is made. A patient's scope is signed over the id, so the client chooses it. */
export interface Audit {
  declare(
    actor: Actor,
    request: Omit<DeclareAuditRead, 'auditReadId'> & Readonly<{ auditReadId?: AuditReadId | undefined }>,
    attempt: Attempt,
  ): Promise<Readonly<{ auditReadId: AuditReadId; txId: TxId }>>;
  page(
    actor: Actor,
    of: Readonly<{ auditReadId: AuditReadId; pageSize: number; bookmark?: string }>,
  ): Promise<AuditPage>;
  /** What was opened of the one handle that the declaration is about. */
  exposure(
    actor: Actor,
    of: Readonly<{ auditReadId: AuditReadId; pageSize: number; bookmark?: string }>,
  ): Promise<ExposurePage>;
}
