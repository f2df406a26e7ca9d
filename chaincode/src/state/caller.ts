// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../domain/errors.js';
import type { Practitioner } from '../domain/registry.js';
import {
  PRACTITIONER_ROLES,
  PROCESS_ROLES,
  type PractitionerRole,
  type ProcessRole,
} from '../domain/vocabulary.js';
import { keys } from './keys.js';
import type { Reader } from './ledger.js';
import { read } from './store.js';

/** Enrolment id of the identity with which a hospital registers its own people. */
export const REGISTRAR_ID = 'registrar';

/**
 * The calling person as the ledger knows them; throws CALLER_UNKNOWN, CALLER_INACTIVE, or CALLER_NOT_ENTITLED for a
 * role that is not named. The role on the ledger counts, so a change bites in the next block.
 */
export async function requirePractitioner(
  reader: Reader,
  roles: readonly string[] = PRACTITIONER_ROLES,
): Promise<Practitioner> {
  const { caller } = reader;
  if (!isPerson(reader)) throw new DomainError('CALLER_NOT_ENTITLED', 'only a person may do this');
  const practitioner = await read(reader, keys.practitioner(caller.mspId, caller.id));
  if (practitioner === undefined)
    throw new DomainError('CALLER_UNKNOWN', 'the caller is not registered at this hospital');
  if (practitioner.status !== 'active') throw new DomainError('CALLER_INACTIVE', 'the caller is not active');
  if (!roles.includes(practitioner.role))
    throw new DomainError('CALLER_NOT_ENTITLED', `this is for ${roles.join(', ')}`);
  return practitioner;
}

/** Lets pass a process of a member hospital in one of the roles; throws CALLER_NOT_ENTITLED or CALLER_UNKNOWN. */
export async function requireProcess(reader: Reader, roles: readonly ProcessRole[]): Promise<void> {
  if (!roles.some((role) => role === reader.caller.role))
    throw new DomainError('CALLER_NOT_ENTITLED', `this is for a ${roles.join(' or ')} process`);
  await requireMember(reader);
}

/** Lets pass the registrar of a member hospital, or an active practitioner whose role on the ledger is administrator. */
export async function requireRegistrar(reader: Reader): Promise<void> {
  if (isRegistrar(reader)) await requireMember(reader);
  else await requirePractitioner(reader, ['administrator']);
}

/** Lets pass an active practitioner, the registrar, or a process of a member hospital. */
export async function requireAnyone(reader: Reader): Promise<void> {
  if (isRegistrar(reader) || isProcess(reader)) await requireMember(reader);
  else await requirePractitioner(reader);
}

/** Whether the certificate is the registrar's. */
export function isRegistrar({ caller }: Reader): boolean {
  return caller.id === REGISTRAR_ID && caller.role === 'administrator';
}

/** Whether the certificate is one of a hospital's processes. */
export function isProcess({ caller }: Reader): boolean {
  return PROCESS_ROLES.some((role) => role === caller.role);
}

function isPerson({ caller }: Reader): boolean {
  return PRACTITIONER_ROLES.some((role: PractitionerRole) => role === caller.role);
}

async function requireMember(reader: Reader): Promise<void> {
  const hospital = await read(reader, keys.hospital(reader.caller.mspId));
  if (hospital === undefined) throw new DomainError('CALLER_UNKNOWN', 'the hospital is not registered');
  if (hospital.status !== 'active') throw new DomainError('CALLER_INACTIVE', 'the hospital is not active');
}
