// SPDX-License-Identifier: Apache-2.0
import type { RetireVersion } from '@tutela/chaincode/domain';
import type { Attempt } from './attempt.js';
import { encodeContentHeader } from './content-header.js';
import { openVersion, type OpenedPart } from './create-open-record.js';
import type { OpenRecordDeps } from './open-targets.js';
import { storePlanned, type StoreRecordDeps } from './create-store-record.js';
import { newId } from './new-id.js';
import type { Actor } from '../ledger/actor.js';
import type { Reseal, WrittenRetirement } from './reseal.js';
import type { SegmentPlan } from './seal-segment.js';
import type { ServiceDeps } from './service-deps.js';
import { submitOnce } from './submit-once.js';

export type ResealDeps = StoreRecordDeps & OpenRecordDeps;

/**
 * Seals records anew: open, store under new keys, order that the old version is retired; on the patient's signature
 * for the new one that happens at once. A repeated request goes on where the first one ended.
 */
export function createReseal(deps: ResealDeps): Reseal {
  const { ledger } = deps;
  return {
    reseal: async (actor, { recordId, purpose }, attempt) => {
      const { ownerHandle: handle } = await ledger.evaluate(actor, 'record:Get', { recordId });
      const stored = await storePlanned(deps, { actor, handle, recordId, attempt }, async (place) => {
        const parts = await openVersion(deps, actor, { recordId, version: place.version - 1, purpose });
        return parts.map((part) => planOf(deps, part));
      });
      const version = stored.version - 1;
      const { txId } = await retire(deps, actor, { recordId, version }, attempt);
      return { ...stored, retirementOrder: { version, txId } };
    },
    retire: (actor, request, attempt) => retire(deps, actor, request, attempt),
    cancelRetirement: async (actor, request, attempt) => {
      const { txId, result } = await ledger.submitOnce(
        actor,
        'record:CancelRetirement',
        () => request,
        attempt,
      );
      return { txId, retirement: result };
    },
    retirement: (actor, of) => ledger.evaluate(actor, 'record:GetRetirement', of),
  };
}

async function retire(
  { ledger }: Pick<ServiceDeps, 'ledger'>,
  actor: Actor,
  order: RetireVersion,
  attempt: Attempt,
): Promise<WrittenRetirement> {
  const { recordId, version, patient } = order;
  const { txId, result } = await submitOnce(
    () => ledger.submitOnce(actor, 'record:Retire', () => order, attempt),
    async () => {
      const found = await ledger.evaluate(actor, 'record:GetRetirement', { recordId, version });
      const { ended } = found;
      const same = ended === undefined ? patient === undefined : ended.as === 'completed';
      return { result: found, txId: found.txId, same };
    },
  );
  return { txId, retirement: result };
}

/** The same content, as it stood before: only keys, ids and ciphertext are new. */
function planOf({ random }: Pick<ServiceDeps, 'random'>, { segment, opened }: OpenedPart): SegmentPlan {
  const { category, class: of, dateBucket: month, securityLabels } = segment;
  const plaintext = preceded(encodeContentHeader(opened.header), opened.read());
  return { segmentId: newId('segment', random), category, class: of, month, securityLabels, plaintext };
}

async function* preceded(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* rest;
}
