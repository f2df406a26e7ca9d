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
    approve: (actor, named) => step(actor, 'registry:ApproveKeyRotation', named),
    cancel: (actor, request) => step(actor, 'registry:CancelKeyRotation', request),
    complete: (actor, named) => step(actor, 'registry:CompleteKeyRotation', named),
    get: (actor, handle) => ledger.evaluate(actor, 'registry:GetKeyRotation', { handle }),
  };
}
