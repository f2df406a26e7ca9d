// SPDX-License-Identifier: Apache-2.0
import type { Requester } from '../../domain/policy.js';
import type { Practitioner } from '../../domain/registry.js';

/** A practitioner in the part of one who asks. */
export function requesterOf({ mspId, practitionerId, role, department }: Practitioner): Requester {
  return { mspId, practitionerId, role, department };
}
