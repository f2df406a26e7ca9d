// SPDX-License-Identifier: Apache-2.0
import type { Actor } from '../ledger/actor.js';
import type { KeyRotations, RotationStepped } from './key-rotations.js';
import type { ServiceDeps } from './service-deps.js';

type Step = `registry:${'Request' | 'Approve' | 'Cancel' | 'Complete'}KeyRotation`;

/** Carries each step to the ledger; the rules are the chaincode's. */
export function createKeyRotations({ ledger }: Pick<ServiceDeps, 'ledger'>): KeyRotations {
  const step = async (actor: Actor, name: Step, request: object): Promise<RotationStepped> => {
    const { txId, result } = await ledger.submit(actor, name, request);
    return { txId, rotation: result };
  };
  return {
    request: (actor, request) => step(actor, 'registry:RequestKeyRotation', request),
    approve: (actor, handle) => step(actor, 'registry:ApproveKeyRotation', { handle }),
    cancel: (actor, request) => step(actor, 'registry:CancelKeyRotation', request),
    complete: (actor, handle) => step(actor, 'registry:CompleteKeyRotation', { handle }),
    get: (actor, handle) => ledger.evaluate(actor, 'registry:GetKeyRotation', { handle }),
  };
}
