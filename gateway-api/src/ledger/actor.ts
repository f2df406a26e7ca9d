// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentId } from '@tutela/chaincode/domain';

/** Whose Fabric identity signs: a practitioner of this hospital, its registrar, or the gateway itself. */
export type Actor =
  | Readonly<{ kind: 'practitioner'; practitionerId: EnrolmentId }>
  | Readonly<{ kind: 'registrar' }>
  | Readonly<{ kind: 'gateway' }>;

/** The gateway's own process identity. */
export const GATEWAY: Actor = { kind: 'gateway' };
/** The hospital's registrar. */
export const REGISTRAR: Actor = { kind: 'registrar' };
