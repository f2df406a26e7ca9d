// SPDX-License-Identifier: Apache-2.0
import type {
  CancelKeyRotation,
  Handle,
  KeyRotation,
  KeyRotationView,
  NamedKeyRotation,
  RequestKeyRotation,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

export type RotationStepped = Readonly<{ rotation: KeyRotation; txId: TxId }>;

/** The replacement of a patient's lost key: asked for at home, approved elsewhere, and open to objection for two days in public. Each step names the rotation that its actor saw. */
export interface KeyRotations {
  request(actor: Actor, request: RequestKeyRotation, attempt: Attempt): Promise<RotationStepped>;
  approve(actor: Actor, named: NamedKeyRotation, attempt: Attempt): Promise<RotationStepped>;
  cancel(actor: Actor, request: CancelKeyRotation, attempt: Attempt): Promise<RotationStepped>;
  complete(actor: Actor, named: NamedKeyRotation, attempt: Attempt): Promise<RotationStepped>;
  get(actor: Actor, handle: Handle): Promise<KeyRotationView>;
}
