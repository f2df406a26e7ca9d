// SPDX-License-Identifier: Apache-2.0
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';
import type { KeyRotations, RotationStepped } from './key-rotations.js';
import type { ServiceDeps } from './service-deps.js';

type Step = `registry:${'Request' | 'Approve' | 'Cancel' | 'Complete'}KeyRotation`;

/** Carries each step to the ledger; the rules are the chaincode's. */
export function createKeyRotations({ ledger }: Pick<ServiceDeps, 'ledger'>): KeyRotations {
  const step =
    (name: Step) =>
    async (actor: Actor, request: object, attempt: Attempt): Promise<RotationStepped> => {
      const { txId, result } = await ledger.submitOnce(actor, name, () => request, attempt);
      return { txId, rotation: result };
    };
  return {
    request: step('registry:RequestKeyRotation'),
    approve: step('registry:ApproveKeyRotation'),
    cancel: step('registry:CancelKeyRotation'),
    complete: step('registry:CompleteKeyRotation'),
    get: (actor, handle) => ledger.evaluate(actor, 'registry:GetKeyRotation', { handle }),
  };
}
