// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { MAX_GUARDIANS, type Guardian, type ProvenGuardian } from '../../domain/guardian.js';
import type { GuardianId, Handle } from '../../domain/ids.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { isPublicKey } from '../../state/public-key.js';
import { isStatementSignedBy } from '../../state/statements.js';
import { first, MAX_RANGE_KEYS, read, remove, requireAbsent, write } from '../../state/store.js';

/** How many former guardians one transaction takes out of the list of present ones. */
const MOVED_AT_ONCE = 100;

/** The present guardians of a handle. */
export async function guardiansOf(reader: Reader, of: Handle): Promise<readonly Guardian[]> {
  return (await listed(reader, of)).filter((guardian) => !isFormer(guardian));
}

/** A guardian of a handle, present or former, or undefined. */
export async function findGuardian(
  reader: Reader,
  of: Handle,
  id: GuardianId,
): Promise<Guardian | undefined> {
  return (await read(reader, keys.guardian(of, id))) ?? read(reader, keys.formerGuardian(of, id));
}

/** Whether a guardian was removed. */
export function isFormer({ removedAt }: Guardian): boolean {
  return removedAt !== undefined;
}

/** Takes a guardian out of the list of present ones; the id names the former one for good. */
export async function moveToFormer(ledger: Ledger, guardian: Guardian): Promise<void> {
  const { handle, guardianId } = guardian;
  await remove(ledger, keys.guardian(handle, guardianId));
  await write(ledger, keys.formerGuardian(handle, guardianId), guardian);
}

/** Moves former guardians whom an earlier version left in the list of present ones, a few in each transaction. */
export async function moveLeftBehind(ledger: Ledger, of: Handle): Promise<void> {
  const former = (await listed(ledger, of)).filter(isFormer);
  for (const guardian of former.slice(0, MOVED_AT_ONCE)) await moveToFormer(ledger, guardian);
}

/**
 * The list of present guardians, in which an earlier version left former ones without end. No more are read than one
 * transaction may read, so that no transaction fails because of them.
 */
async function listed(reader: Reader, of: Handle): Promise<readonly Guardian[]> {
  return (await first(reader, keys.guardian(of), MAX_RANGE_KEYS)).values;
}

/** Throws SIGNATURE_INVALID unless the statement is about the handle on this channel and the guardian proved the own key. */
export function requireProven({ channel }: Reader, of: Handle, { statement, proof }: ProvenGuardian): void {
  const { publicKey } = statement;
  if (statement.channel !== channel || statement.handle !== of) throw unproven();
  if (!isPublicKey(publicKey)) throw unproven();
  if (!isStatementSignedBy(publicKey, statement, proof)) throw unproven();
}

/** Writes a guardian of a handle; throws ALREADY_EXISTS if the handle has, or had, one of that id. */
export async function writeGuardian(
  ledger: Ledger,
  { statement }: Pick<ProvenGuardian, 'statement'>,
  registeredBy: Guardian['registeredBy'],
): Promise<Guardian> {
  const { guardianId, handle, publicKey } = statement;
  const key = keys.guardian(handle, guardianId);
  await requireAbsent(ledger, key);
  await requireAbsent(ledger, keys.formerGuardian(handle, guardianId));
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
