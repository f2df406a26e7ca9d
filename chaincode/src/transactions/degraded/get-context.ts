// SPDX-License-Identifier: Apache-2.0
import {
  degradedQuestion,
  type DegradedContext,
  type DegradedQuestion,
  type KnownPerson,
} from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { readMaterial } from '../access/material.js';
import { usesInWindow } from '../emergency/quota.js';
import { hospitalQuota, isSuspended, reproaches } from '../emergency/suspension.js';
import { degradedState } from './state.js';
import { segmentsInScope } from './segments-in-scope.js';

/**
 * Everything in the last known state of the own peer on which an emergency is decided that the ledger cannot take. A
 * gateway learns of its own clinicians' requests alone, and only where the consortium has voted for the mode.
 */
export const getContext = evaluate(degradedQuestion, async (reader, asked): Promise<DegradedContext> => {
  await requireProcess(reader, ['custodian', 'gateway']);
  const { mode } = await degradedState(reader);
  if (reader.caller.role === 'gateway') requireOwn(reader, asked, mode);
  const custodians = await read(reader, keys.custodians());
  if (custodians === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  const patient = await read(reader, keys.patient(asked.handle));
  const refs = asked.segments ?? (await segmentsInScope(reader, asked));
  const [people, material] = await Promise.all([
    Promise.all(asked.people.map((person) => known(reader, person))),
    readMaterial(reader, refs),
  ]);
  return { v: 1, mode, custodians, ...(patient && { patient }), people, ...material };
});

function requireOwn({ caller }: Reader, { people }: DegradedQuestion, mode: string): void {
  if (people[0]?.mspId !== caller.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'a gateway asks for its own clinicians');
  if (mode === 'off') throw new DomainError('DEGRADED_OFF', 'the consortium has not voted for degraded mode');
}

async function known(
  reader: Reader,
  { mspId, practitionerId }: DegradedQuestion['people'][number],
): Promise<KnownPerson> {
  const [hospital, practitioner, against, uses] = await Promise.all([
    read(reader, keys.hospital(mspId)),
    read(reader, keys.practitioner(mspId, practitionerId)),
    reproaches(reader, mspId),
    usesInWindow(reader, mspId),
  ]);
  const isOwn = (use: Readonly<{ practitionerId: string; personTag: string }>): boolean =>
    use.practitionerId === practitionerId || use.personTag === practitioner?.personTag;
  return {
    ...(hospital && { hospital }),
    ...(practitioner && { practitioner }),
    suspended: practitioner !== undefined && isSuspended(against, practitioner),
    uses: uses.filter(isOwn).length,
    hospitalUses: uses.length,
    hospitalQuota: hospitalQuota(against),
  };
}
