// SPDX-License-Identifier: Apache-2.0
import { readingEnd, type AuditEntry, type AuditRead } from '../../domain/audit.js';
import { DomainError } from '../../domain/errors.js';
import type { AuditReadId } from '../../domain/ids.js';
import { auditKey, handleIndex, hospitalIndex } from '../../state/audit-writer.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { pageOfNames, read, type Page } from '../../state/store.js';

/** A declared reading of the audit by this very caller; to anyone else it does not exist. */
export async function declaredRead(reader: Reader, id: AuditReadId): Promise<AuditRead> {
  const declared = await read(reader, keys.auditRead(id));
  const { mspId, id: caller } = reader.caller;
  if (declared?.reader.mspId !== mspId || declared.reader.id !== caller)
    throw new DomainError('NOT_FOUND', 'no such declared reading');
  return declared;
}

/**
 * One page of the entries that a declared reading covers, in the order of their times. A reading up to the present ends
 * minutes after its declaration: whoever dates an act ahead hides it from no reading that is declared later.
 */
export async function declaredPage(
  reader: Reader,
  declared: AuditRead,
  { pageSize, bookmark }: Readonly<{ pageSize: number; bookmark?: string }>,
): Promise<Page<AuditEntry>> {
  const { scope } = declared;
  const prefix = scope.kind === 'handle' ? handleIndex(scope.handle) : hospitalIndex(scope.mspId);
  const range = { from: `${prefix}${declared.from}`, until: `${prefix}${readingEnd(declared)}` };
  const names = await pageOfNames(reader, range, pageSize, bookmark);
  const wanted =
    scope.kind === 'practitioner'
      ? names.values.filter((name) => name.split('~').at(-2) === scope.practitionerId)
      : names.values;
  const entries = await Promise.all(
    wanted.map((name) => read(reader, auditKey(name.split('~').at(-1) ?? ''))),
  );
  return { ...names, values: entries.filter((entry) => entry !== undefined) };
}
