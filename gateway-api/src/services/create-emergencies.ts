// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Emergencies, EmergencyStepped } from './emergencies.js';
import { derivedId } from './new-id.js';
import type { ServiceDeps } from './service-deps.js';
import { submitOnce } from './submit-once.js';

type Step =
  `emergency:${'Open' | 'Cosign' | 'ApproveFullScope' | 'Close' | 'BeginReview' | 'Review' | 'Contest'}`;

/** Break-glass, each step a transaction; the rules are the chaincode's. */
export function createEmergencies({ ledger }: Pick<ServiceDeps, 'ledger'>): Emergencies {
  const step = async (actor: Actor, name: Step, request: object): Promise<EmergencyStepped> => {
    const { txId, result } = await ledger.submit(actor, name, request);
    return { txId, emergency: result };
  };
  const find = (actor: Actor, emergencyId: Emergency['emergencyId']): Promise<Emergency> =>
    ledger.evaluate(actor, 'emergency:Get', { emergencyId });
  return {
    open: async (actor, request, attempt) => {
      const emergencyId = derivedId('emergency', attempt.seed);
      const { txId, result } = await submitOnce(
        () => ledger.submit(actor, 'emergency:Open', { ...request, emergencyId }),
        async () => {
          const emergency = await find(actor, emergencyId);
          const isOurs =
            actor.kind === 'practitioner' && emergency.requester.practitionerId === actor.practitionerId;
          return { result: emergency, txId: emergency.requester.txId, same: isOurs };
        },
      );
      return { txId, emergency: result };
    },
    cosign: (actor, emergencyId) => step(actor, 'emergency:Cosign', { emergencyId }),
    approveFullScope: (actor, emergencyId) => step(actor, 'emergency:ApproveFullScope', { emergencyId }),
    close: (actor, emergencyId) => step(actor, 'emergency:Close', { emergencyId }),
    beginReview: (actor, emergencyId) => step(actor, 'emergency:BeginReview', { emergencyId }),
    review: (actor, verdict) => step(actor, 'emergency:Review', verdict),
    contest: (actor, contest) => step(actor, 'emergency:Contest', contest),
    get: find,
    list: async (actor, handle) =>
      (await ledger.evaluate(actor, 'emergency:ListByHandle', { handle })).emergencies,
    dueReviews: async (actor) => (await ledger.evaluate(actor, 'emergency:ListDueReviews', {})).emergencies,
    fetchNotices: async (actor, request) =>
      (await ledger.submit(actor, 'emergency:FetchNotices', request)).result,
    metrics: async (actor) => {
      const { hospitals } = await ledger.evaluate(actor, 'registry:ListHospitals', {});
      return Promise.all(
        hospitals.map(({ mspId }) => ledger.evaluate(actor, 'emergency:Metrics', { mspId })),
      );
    },
  };
}
