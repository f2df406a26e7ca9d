// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Guardian } from '@tutela/chaincode/domain';
import type { Guardians } from './guardians.js';
import type { ServiceDeps } from './service-deps.js';
import { submitOnce } from './submit-once.js';

/** Carries what patients and guardians signed; the rules are the chaincode's. */
export function createGuardians({ ledger }: Pick<ServiceDeps, 'ledger'>): Guardians {
  const list: Guardians['list'] = async (actor, handle) =>
    (await ledger.evaluate(actor, 'registry:ListGuardians', { handle })).guardians;
  return {
    register: async (actor, request, attempt) => {
      const { handle, guardianId, publicKey } = request.statement;
      const { txId } = await submitOnce<Guardian>(
        () => ledger.submitOnce(actor, 'registry:RegisterGuardian', () => request, attempt),
        async () => {
          const standing = (await list(actor, handle)).find((one) => one.guardianId === guardianId);
          if (standing === undefined) throw new DomainError('NOT_FOUND', 'no such guardian');
          return { result: standing, txId: standing.txId, same: standing.publicKey === publicKey };
        },
      );
      return { txId };
    },
    remove: async (actor, request, attempt) => {
      const { txId } = await ledger.submitOnce(actor, 'registry:RemoveGuardian', () => request, attempt);
      return { txId };
    },
    list,
  };
}
