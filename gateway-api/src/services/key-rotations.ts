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

export type RotationStepped = Readonly<{ rotation: KeyRotation; txId: TxId }>;

/** The replacement of a patient's lost key: asked for at home, approved elsewhere, and open to objection for two days in public. Each step names the rotation that its actor saw. */
export interface KeyRotations {
  request(actor: Actor, request: RequestKeyRotation): Promise<RotationStepped>;
  approve(actor: Actor, named: NamedKeyRotation): Promise<RotationStepped>;
  cancel(actor: Actor, request: CancelKeyRotation): Promise<RotationStepped>;
  complete(actor: Actor, named: NamedKeyRotation): Promise<RotationStepped>;
  get(actor: Actor, handle: Handle): Promise<KeyRotationView>;
}
