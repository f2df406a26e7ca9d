// SPDX-License-Identifier: Apache-2.0
import type { EmergencyId, EmergencyView } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import { pagesOf, type After } from '../ledger/pages.js';
import type { Emergencies, EmergencyStepped } from './emergencies.js';
import { fetchNotices } from './fetch-notices.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';

const PAGE_SIZE = 100;

type Step =
  `emergency:${'Open' | 'Cosign' | 'ApproveFullScope' | 'Close' | 'BeginReview' | 'Review' | 'Contest'}`;

/** Break-glass, each step a transaction; the rules are the chaincode's. */
export function createEmergencies({ ledger }: Pick<ServiceDeps, 'ledger'>): Emergencies {
  const step = async (actor: Actor, name: Step, request: object): Promise<EmergencyStepped> => {
    const { txId, result } = await ledger.submit(actor, name, request);
    return { txId, emergency: result };
  };
  const find = (actor: Actor, emergencyId: EmergencyId): Promise<EmergencyView> =>
    ledger.evaluate(actor, 'emergency:Get', { emergencyId });
  return {
    open: async (actor, request) => {
      const { txId, result } = await submitOnce(
        () => ledger.submit(actor, 'emergency:Open', request),
        async () => {
          const emergency = await find(actor, request.emergencyId);
          const same = sameJson(emergency.requester.stepUp, request.stepUp);
          return { result: emergency, txId: emergency.requester.txId, same };
        },
      );
      return { txId, emergency: result };
    },
    cosign: (actor, request) => step(actor, 'emergency:Cosign', request),
    approveFullScope: (actor, request) => step(actor, 'emergency:ApproveFullScope', request),
    close: (actor, emergencyId) => step(actor, 'emergency:Close', { emergencyId }),
    beginReview: (actor, emergencyId) => step(actor, 'emergency:BeginReview', { emergencyId }),
    review: (actor, verdict) => step(actor, 'emergency:Review', verdict),
    contest: (actor, contest) => step(actor, 'emergency:Contest', contest),
    get: find,
    list: async (actor, handle) => {
      const asked = { handle, pageSize: PAGE_SIZE };
      const ask = (after: After) => ledger.evaluate(actor, 'emergency:ListByHandle', { ...asked, ...after });
      const found: EmergencyView[] = [];
      for await (const { emergencies } of pagesOf(ask)) found.push(...emergencies);
      return found;
    },
    dueReviews: async (actor) => (await ledger.evaluate(actor, 'emergency:ListDueReviews', {})).emergencies,
    fetchNotices: (actor, asked) => fetchNotices(ledger, actor, asked),
    metrics: async (actor) => {
      const { hospitals } = await ledger.evaluate(actor, 'registry:ListHospitals', {});
      return Promise.all(
        hospitals.map(({ mspId }) => ledger.evaluate(actor, 'emergency:Metrics', { mspId })),
      );
    },
  };
}
