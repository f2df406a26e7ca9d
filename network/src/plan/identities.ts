// SPDX-License-Identifier: Apache-2.0
import type { HospitalContext } from './context.js';
import type { IdentityHolder, TlsHolder } from './layout.js';

/** An attribute of an identity; those for people and programs enter the certificate by default. */
export interface IdentityAttribute {
  readonly name: string;
  readonly value: string;
  readonly ecert: boolean;
}

/** An identity to be registered at, and enrolled with, the hospital's own authority. */
export interface IdentityPlan {
  readonly holder: IdentityHolder;
  /** Becomes the organisational unit by which Fabric tells roles apart. */
  readonly type: 'peer' | 'orderer' | 'admin' | 'client';
  readonly attributes: readonly IdentityAttribute[];
}

/** Which identities a hospital's processes and operators hold. */
export function identityPlans({ hospital }: HospitalContext): readonly IdentityPlan[] {
  const plans: readonly IdentityPlan[] = [
    { holder: 'peer', type: 'peer', attributes: [] },
    { holder: 'orderer', type: 'orderer', attributes: [] },
    { holder: 'admin', type: 'admin', attributes: [] },
    { holder: 'operator', type: 'client', attributes: [role('operator')] },
    { holder: 'registrar', type: 'client', attributes: [role('administrator'), ...registrarRights] },
    { holder: 'custodian', type: 'client', attributes: [role('custodian')] },
    { holder: 'gateway', type: 'client', attributes: [role('gateway')] },
  ];
  return plans.filter(({ holder }) => holder !== 'orderer' || hospital.orderer);
}

/** Which TLS key pairs a hospital's processes and operators hold. */
export function tlsPlans({ hospital }: HospitalContext): readonly TlsHolder[] {
  const holders: readonly TlsHolder[] = ['peer', 'orderer', 'chaincode', 'operator', 'custodian', 'gateway'];
  return holders.filter((holder) => holder !== 'orderer' || hospital.orderer);
}

function role(value: string): IdentityAttribute {
  return { name: 'tutela.role', value, ecert: true };
}

/** The registrar may register people and systems with product attributes, and revoke them: no nodes, no administrators. */
const registrarRights: readonly IdentityAttribute[] = [
  { name: 'hf.Registrar.Roles', value: 'client', ecert: false },
  { name: 'hf.Registrar.Attributes', value: 'tutela.*', ecert: false },
  { name: 'hf.Revoker', value: 'true', ecert: false },
  { name: 'hf.GenCRL', value: 'true', ecert: false },
];
