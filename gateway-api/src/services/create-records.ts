// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  READABLE,
  type Manifest,
  type Practitioner,
  type RecordVersion,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Records, RecordSummary } from './records.js';
import type { ServiceDeps } from './service-deps.js';

const MAX_MANIFESTS_AT_ONCE = 8;

/** What a caller may see of records: the ledger's answer to that caller, never more. */
export function createRecords({ ledger }: Pick<ServiceDeps, 'ledger'>): Records {
  const manifestOf = (actor: Actor, { recordId, version }: RecordVersion): Promise<Manifest> =>
    ledger.evaluate(actor, 'record:GetManifest', { recordId, version });
  return {
    list: async (actor, handle) => {
      const person = await personOf(ledger, actor);
      const { records } = await ledger.evaluate(actor, 'record:ListByHandle', { handle });
      const summaries: RecordSummary[] = [];
      for (let at = 0; at < records.length; at += MAX_MANIFESTS_AT_ONCE) {
        const batch = records
          .slice(at, at + MAX_MANIFESTS_AT_ONCE)
          .filter(({ status }) => status !== 'erased');
        const manifests = await Promise.all(batch.map((version) => orAbsent(manifestOf(actor, version))));
        for (const [index, version] of batch.entries()) {
          const summary = summaryOf(version, manifests[index], person);
          if (summary !== undefined) summaries.push(summary);
        }
      }
      return summaries;
    },
    get: async (actor, { recordId, version }) => {
      const person = await personOf(ledger, actor);
      const asked = { recordId, ...(version !== undefined && { version }) };
      const found = await ledger.evaluate(actor, 'record:Get', asked);
      const summary = summaryOf(found, await manifestOf(actor, found), person);
      if (summary === undefined) throw new DomainError('NOT_FOUND', 'no such record');
      return summary;
    },
  };
}

async function personOf(ledger: ServiceDeps['ledger'], actor: Actor): Promise<Practitioner | undefined> {
  if (actor.kind !== 'practitioner') return undefined;
  const { practitionerId } = actor;
  return ledger.evaluate(actor, 'registry:GetPractitioner', { mspId: ledger.mspId, practitionerId });
}

/** The summary of a version with the segments whose category the person's role may read; undefined with none of them. */
function summaryOf(
  { recordId, version, ownerHandle, author, registeredAt, manifestHash }: RecordVersion,
  manifest: Manifest | undefined,
  person: Practitioner | undefined,
): RecordSummary | undefined {
  const readable = person === undefined ? [] : (READABLE[person.role] ?? []);
  const segments = (manifest?.segments ?? [])
    .filter(({ category }) => readable.includes(category))
    .map(({ segmentId, category, class: kind, dateBucket, size }) => ({
      segmentId,
      category,
      class: kind,
      month: dateBucket,
      size,
    }));
  if (segments.length === 0) return undefined;
  return { recordId, version, handle: ownerHandle, author, registeredAt, manifestHash, segments };
}

async function orAbsent(manifest: Promise<Manifest>): Promise<Manifest | undefined> {
  try {
    return await manifest;
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'NOT_FOUND' || error.code === 'ERASED'))
      return undefined;
    throw error;
  }
}
