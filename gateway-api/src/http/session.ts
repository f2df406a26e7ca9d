// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentId, MspId, Scope, SystemId } from '@tutela/chaincode/domain';

/** Who is behind a request: a system of this hospital, acting for one of its practitioners, within scopes. */
export type Session = Readonly<{
  clientId: SystemId;
  mspId: MspId;
  practitionerId: EnrolmentId;
  scopes: readonly Scope[];
}>;
