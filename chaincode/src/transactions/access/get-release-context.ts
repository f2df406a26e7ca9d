// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { byIntent, permitted, type Intent } from '../../domain/intent.js';
import type { ReleaseContext } from '../../domain/release.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read, readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { consentsNaming } from '../consent/standing.js';
import { vouchersOf } from '../emergency/vouchers.js';
import { readMaterial } from './material.js';
import { readsCounted } from './read-counts.js';

/** Everything in the current state of the custodian's own peer on which it decides about one intent. */
export const getReleaseContext = evaluate(byIntent, async (reader, { intentId }): Promise<ReleaseContext> => {
  await requireProcess(reader, ['custodian', 'gateway']);
  const intent = await readExisting(reader, keys.intent(intentId));
  // The requester's own gateway combines the shares; to any other gateway the intent does not exist.
  if (reader.caller.role === 'gateway' && intent.requester.mspId !== reader.caller.mspId)
    throw new DomainError('NOT_FOUND', 'no such intent');
  return contextOf(reader, intent);
});

/** What the current state says of everything that an intent names. */
export async function contextOf(reader: Reader, intent: Intent): Promise<ReleaseContext> {
  const { mspId, practitionerId } = intent.requester;
  const [custodians, hospital, practitioner, patient, [consents, reads], emergency, material] =
    await Promise.all([
      read(reader, keys.custodians()),
      readExisting(reader, keys.hospital(mspId)),
      readExisting(reader, keys.practitioner(mspId, practitionerId)),
      readExisting(reader, keys.patient(intent.handle)),
      readConsents(reader, intent),
      intent.basis.kind === 'emergency' ? read(reader, keys.emergency(intent.basis.emergencyId)) : undefined,
      readMaterial(reader, permitted(intent)),
    ]);
  if (custodians === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  const context = {
    v: 1,
    intent,
    custodians,
    hospital,
    practitioner,
    patient,
    consents,
    reads,
    ...material,
  } as const;
  if (emergency === undefined) return context;
  return { ...context, emergency, vouchers: await vouchersOf(reader, emergency) };
}

/**
 * The patient's consents that name the requester's hospital, and how often those with a limit were used; a count that
 * limits nothing is not read. An emergency is decided without any.
 */
async function readConsents(
  reader: Reader,
  intent: Intent,
): Promise<readonly [ReleaseContext['consents'], ReleaseContext['reads']]> {
  if (intent.basis.kind === 'emergency') return [[], {}];
  const consents = await consentsNaming(reader, intent.handle, intent.requester.mspId);
  const used = new Set(
    permitted(intent).flatMap((segment) => (segment.decision === 'permit' ? [segment.consentId] : [])),
  );
  const counts = await Promise.all(
    consents
      .filter(({ statement }) => statement.maxReads !== undefined && used.has(statement.consentId))
      .map(async (consent) => [consent.statement.consentId, await readsCounted(reader, consent)] as const),
  );
  return [consents, Object.fromEntries(counts)];
}
