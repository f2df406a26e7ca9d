// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { MAX_GUARDIANS, type Guardian, type ProvenGuardian } from '../../domain/guardian.js';
import type { Handle } from '../../domain/ids.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { isPublicKey } from '../../state/public-key.js';
import { isStatementSignedBy } from '../../state/statements.js';
import { list, requireAbsent, write } from '../../state/store.js';

/** Those who are guardians of a handle now. */
export async function guardiansOf(reader: Reader, of: Handle): Promise<readonly Guardian[]> {
  return (await list(reader, keys.guardian(of))).filter(({ removedAt }) => removedAt === undefined);
}

/** Throws SIGNATURE_INVALID unless the statement is about the handle on this channel and the guardian proved the own key. */
export function requireProven({ channel }: Reader, of: Handle, { statement, proof }: ProvenGuardian): void {
  const { publicKey } = statement;
  if (statement.channel !== channel || statement.handle !== of) throw unproven();
  if (!isPublicKey(publicKey)) throw unproven();
  if (!isStatementSignedBy(publicKey, statement, proof)) throw unproven();
}

/** Writes a guardian of a handle; throws ALREADY_EXISTS if the handle has one of that id. */
export async function writeGuardian(
  ledger: Ledger,
  { statement }: Pick<ProvenGuardian, 'statement'>,
  registeredBy: Guardian['registeredBy'],
): Promise<Guardian> {
  const { guardianId, handle, publicKey } = statement;
  const key = keys.guardian(handle, guardianId);
  await requireAbsent(ledger, key);
  const { now: registeredAt, txId } = ledger;
  const guardian: Guardian = { v: 1, guardianId, handle, publicKey, registeredBy, registeredAt, txId };
  await write(ledger, key, guardian);
  return guardian;
}

/** Throws RATE_LIMITED when a handle has as many guardians as it may. */
export async function requireRoom(reader: Reader, of: Handle): Promise<void> {
  if ((await guardiansOf(reader, of)).length >= MAX_GUARDIANS)
    throw new DomainError('RATE_LIMITED', 'the handle has as many guardians as it may; remove one first');
}

function unproven(): DomainError {
  return new DomainError('SIGNATURE_INVALID', 'the guardian has not proven this key for this handle');
}
