// SPDX-License-Identifier: Apache-2.0
import type { EmergencyId, EmergencyView } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import { pagesOf, type After } from '../ledger/pages.js';
import type { Attempt } from './attempt.js';
import type { Emergencies, EmergencyStepped } from './emergencies.js';
import { fetchNotices } from './fetch-notices.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';

const PAGE_SIZE = 100;

type Step = `emergency:${'Cosign' | 'ApproveFullScope' | 'Close' | 'BeginReview' | 'Review' | 'Contest'}`;

/** Break-glass, each step a transaction; the rules are the chaincode's. */
export function createEmergencies({ ledger }: Pick<ServiceDeps, 'ledger'>): Emergencies {
  const step =
    (name: Step) =>
    async (actor: Actor, request: object, attempt: Attempt): Promise<EmergencyStepped> => {
      const { txId, result } = await ledger.submitOnce(actor, name, () => request, attempt);
      return { txId, emergency: result };
    };
  const close = step('emergency:Close');
  const beginReview = step('emergency:BeginReview');
  const find = (actor: Actor, emergencyId: EmergencyId): Promise<EmergencyView> =>
    ledger.evaluate(actor, 'emergency:Get', { emergencyId });
  return {
    open: async (actor, request, attempt) => {
      const { txId, result } = await submitOnce(
        () => ledger.submitOnce(actor, 'emergency:Open', () => request, attempt),
        async () => {
          const emergency = await find(actor, request.emergencyId);
          const same = sameJson(emergency.requester.stepUp, request.stepUp);
          return { result: emergency, txId: emergency.requester.txId, same };
        },
      );
      return { txId, emergency: result };
    },
    cosign: step('emergency:Cosign'),
    approveFullScope: step('emergency:ApproveFullScope'),
    close: (actor, emergencyId, attempt) => close(actor, { emergencyId }, attempt),
    beginReview: (actor, emergencyId, attempt) => beginReview(actor, { emergencyId }, attempt),
    review: step('emergency:Review'),
    contest: step('emergency:Contest'),
    get: find,
    list: async (actor, handle) => {
      const asked = { handle, pageSize: PAGE_SIZE };
      const ask = (after: After) => ledger.evaluate(actor, 'emergency:ListByHandle', { ...asked, ...after });
      const found: EmergencyView[] = [];
      for await (const { emergencies } of pagesOf(ask)) found.push(...emergencies);
      return found;
    },
    dueReviews: async (actor) => (await ledger.evaluate(actor, 'emergency:ListDueReviews', {})).emergencies,
    fetchNotices: (actor, asked, attempt) => fetchNotices(ledger, actor, asked, attempt),
    metrics: async (actor) => {
      const { hospitals } = await ledger.evaluate(actor, 'registry:ListHospitals', {});
      return Promise.all(
        hospitals.map(({ mspId }) => ledger.evaluate(actor, 'emergency:Metrics', { mspId })),
      );
    },
  };
}
