// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import {
  MAX_VERSIONS_PER_RECORD,
  registerRecord,
  type RecordVersion,
  type RegisterRecord,
} from '../../domain/record.js';
import type { Practitioner } from '../../domain/registry.js';
import { WRITABLE } from '../../domain/vocabulary.js';
import { requirePractitioner } from '../../state/caller.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requireOwnId } from '../../state/owned-id.js';
import { isErased } from '../../state/records.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { readVault, receivedVault, writeVault } from '../../state/vault.js';
import { verifyCapsules, verifyManifest } from './verify-vault.js';

/** An author registers one version of a record: hash and labels publicly, manifest and capsules in private data. */
export const register = submit(registerRecord, async (ledger, asked) => {
  const author = await requirePractitioner(ledger);
  const before = await requirePlace(ledger, asked);
  const custodians = await read(ledger, keys.custodians());
  if (custodians === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  await ledger.turn();
  const vault = receivedVault(ledger);
  requireWritable(author, vault.manifest.segments);
  verifyManifest(ledger, asked, vault);
  if (before !== undefined) await requireSuccessor(ledger, author, before);
  const uses = await verifyCapsules(asked, vault, custodians, ledger.turn);
  await Promise.all(uses.map((use) => requireUnused(ledger, use)));

  const version = versionOf(ledger, asked);
  await write(ledger, keys.record(asked.recordId, asked.version), version);
  if (asked.version === 1) await write(ledger, keys.recordOf(asked.ownerHandle, asked.recordId), MARK);
  await writeVault(ledger, vault);
  await Promise.all(uses.map((use) => write(ledger, keys.capsule(use), MARK)));
  const { ownerHandle: handle, recordId } = asked;
  return {
    answer: version,
    audit: { act: 'record-registered', role: author.role, handle, recordIds: [recordId] },
  };
});

/** Throws ROLE_NOT_ENTITLED unless the role writes the category of every segment. */
export function requireWritable(
  { role }: Practitioner,
  segments: readonly Readonly<{ category: string }>[],
): void {
  const writable: readonly string[] = WRITABLE[role] ?? [];
  if (!segments.every(({ category }) => writable.includes(category)))
    throw new DomainError('ROLE_NOT_ENTITLED', 'the role does not write one of these categories');
}

/** What is seen by keys alone, before anything of the manifest is read; returns the version that is superseded. */
async function requirePlace(ledger: Ledger, asked: RegisterRecord): Promise<RecordVersion | undefined> {
  const { recordId, version, ownerHandle } = asked;
  const { mspId } = ledger.caller;
  const [patient, before, erased] = await Promise.all([
    read(ledger, keys.patient(ownerHandle)),
    version === 1 ? undefined : read(ledger, keys.record(recordId, version - 1)),
    isErased(ledger, recordId),
  ]);
  if (patient?.mspId !== mspId) throw new DomainError('NOT_FOUND', 'no such patient at this hospital');
  if (patient.status !== 'active') throw new DomainError('CALLER_INACTIVE', 'the handle is not active');
  if (version === 1) requireOwnId(recordId, mspId);
  await requireAbsent(ledger, keys.record(recordId, version));
  if (version === 1) return undefined;
  requireSuccession(before, asked);
  if (erased || before.status === 'erased') throw new DomainError('ERASED', 'the record was erased');
  if (version > MAX_VERSIONS_PER_RECORD)
    throw new DomainError('TOO_LARGE', 'the record has as many versions as it may; store a new record');
  return before;
}

function requireSuccession(
  before: RecordVersion | undefined,
  asked: RegisterRecord,
): asserts before is RecordVersion {
  if (before?.ownerHandle !== asked.ownerHandle)
    throw new DomainError('NOT_FOUND', 'no such version to supersede');
}

/**
 * Superseding hides a version, so it takes its own author, or a role that could have written all of it. That both are
 * of one hospital is no reason: a laboratory must not hide a physician's notes.
 */
async function requireSuccessor(ledger: Ledger, by: Practitioner, before: RecordVersion): Promise<void> {
  if (before.author === by.mspId && before.practitionerId === by.practitionerId) return;
  const vault = await readVault(ledger, before.recordId, before.version);
  if (vault === undefined)
    throw new DomainError('ERASED', 'the version was erased, and its manifest with it');
  requireWritable(by, vault.manifest.segments);
}

async function requireUnused(ledger: Ledger, use: string): Promise<void> {
  if ((await read(ledger, keys.capsule(use))) !== undefined)
    throw new DomainError('CAPSULE_INVALID', 'a capsule is used once only');
}

function versionOf({ caller, now, txId }: Ledger, asked: RegisterRecord): RecordVersion {
  const { mspId: author, id: practitionerId } = caller;
  return { ...asked, v: 1, author, practitionerId, registeredAt: now, txId, status: 'current' };
}
