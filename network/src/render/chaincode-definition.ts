// SPDX-License-Identifier: Apache-2.0
import type { Topology } from '../topology/topology.js';
import { outOfHospitals } from './signature-policy.js';

/** Renders the endorsement policy: so many hospitals' peers, whichever they are. */
export function endorsementPolicy(topology: Topology): string {
  return outOfHospitals(topology, 'peer');
}

/** Renders the private data collection: every member hospital, and no client of another. */
export function collections({ custodyThreshold, hospitals }: Topology): readonly object[] {
  return [
    {
      name: 'vault',
      policy: `OR(${hospitals.map(({ mspId }) => `'${mspId}.member'`).join(', ')})`,
      requiredPeerCount: custodyThreshold - 1,
      maxPeerCount: hospitals.length - 1,
      blockToLive: 0,
      memberOnlyRead: true,
      memberOnlyWrite: true,
    },
  ];
}

/** How a committed definition names any member of a hospital: an MSPRole, base64 (fabric-protos, msp/msp_principal.proto). */
export function memberPrincipal(mspId: string): string {
  // The role MEMBER is 0 and therefore left out.
  return field(1, Buffer.from(mspId, 'utf8')).toString('base64');
}

/**
 * The endorsement policy as a committed definition holds it: an ApplicationPolicy, base64 (fabric-protos,
 * peer/policy.proto and common/policies.proto).
 */
export function validationParameter({ endorsements, hospitals }: Topology): string {
  const principals = hospitals.map(({ mspId }) => field(3, field(2, peerRole(mspId))));
  const signers = hospitals.map((_, position) => field(2, varintField(1, position)));
  const rule = field(2, Buffer.concat([varintField(1, endorsements), ...signers]));
  return field(1, Buffer.concat([field(2, rule), ...principals])).toString('base64');
}

function peerRole(mspId: string): Buffer {
  return Buffer.concat([field(1, Buffer.from(mspId, 'utf8')), varintField(2, 3)]);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(number << 3), varint(value)]);
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  return value < 0x80
    ? Buffer.of(value)
    : Buffer.concat([Buffer.of((value & 0x7f) | 0x80), varint(value >> 7)]);
}
