// SPDX-License-Identifier: Apache-2.0
import {
  auditReadStatement,
  declareAuditRead as request,
  type AuditRead,
  type AuditScope,
  type DeclareAuditRead,
} from '../../domain/audit.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { requireAnyone, requirePractitioner } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requireOwnId } from '../../state/owned-id.js';
import { consumeNonce, readSigner, requireSignature } from '../../state/statements.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

type HandleScope = Extract<AuditScope, { kind: 'handle' }>;

/** Declares what of the audit will be read, by whom: the patient's own log by signature, else auditors and privacy officers. */
export const declareRead = submit(request, async (ledger, asked) => {
  if (asked.until <= asked.from) throw new DomainError('BAD_REQUEST', 'the period ends before it begins');
  const { scope } = asked;
  const isSigned = scope.kind === 'handle' && scope.signature !== undefined;
  requireOwnId(asked.auditReadId, isSigned ? scope.handle : ledger.caller.mspId);
  if (isSigned) await requirePatient(ledger, asked, scope);
  else await requireOverseer(ledger, scope);
  await requireAbsent(ledger, keys.auditRead(asked.auditReadId));
  const { mspId, id, role } = ledger.caller;
  const declared: AuditRead = {
    ...asked,
    v: 1,
    txId: ledger.txId,
    reader: { mspId, id, role },
    declaredAt: ledger.now,
  };
  await write(ledger, keys.auditRead(asked.auditReadId), declared);
  const about = scope.kind === 'handle' ? { handle: scope.handle } : {};
  return { answer: declared, audit: { act: 'audit-read', ...about } };
});

async function requirePatient(ledger: Ledger, asked: DeclareAuditRead, scope: HandleScope): Promise<void> {
  await requireAnyone(ledger);
  const { handle, signature, nonce } = scope;
  if (signature === undefined || nonce === undefined)
    throw new DomainError('BAD_REQUEST', 'a signed scope needs its nonce');
  const patient = await readSigner(ledger, handle);
  const statement = auditReadStatement(ledger.channel, ledger.caller.mspId, { ...asked, handle, nonce });
  requireSignature(ledger, patient, { statement, signature });
  await consumeNonce(ledger, patient, nonce);
}

async function requireOverseer(ledger: Ledger, scope: AuditScope): Promise<void> {
  const overseer = await requirePractitioner(ledger, ['auditor', 'privacy-officer']);
  if (overseer.role === 'auditor') return;
  if ((await hospitalOf(ledger, scope)) !== overseer.mspId)
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'a privacy officer reads the own hospital and its patients only',
    );
}

async function hospitalOf(ledger: Ledger, scope: AuditScope): Promise<MspId | undefined> {
  if (scope.kind !== 'handle') return scope.mspId;
  return (await read(ledger, keys.patient(scope.handle)))?.mspId;
}
