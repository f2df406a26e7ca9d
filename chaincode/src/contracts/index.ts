// SPDX-License-Identifier: Apache-2.0
import { AccessContract } from './access-contract.js';
import { AuditContract } from './audit-contract.js';
import { ConsentContract } from './consent-contract.js';
import { CustodyContract } from './custody-contract.js';
import { DegradedContract } from './degraded-contract.js';
import { EmergencyContract } from './emergency-contract.js';
import type { Contract } from './fabric.js';
import { RecordContract } from './record-contract.js';
import { RegistryContract } from './registry-contract.js';

/** Classes of contracts, as Fabric's shim makes one of each. */
export type Contracts = readonly (new () => InstanceType<typeof Contract>)[];

/** Every contract of the chaincode, for a consortium of so many founders. */
export function contractsFor(founders: number): Contracts {
  class FoundedCustody extends CustodyContract {
    constructor() {
      super(founders);
    }
  }
  return [
    RegistryContract,
    RecordContract,
    ConsentContract,
    AccessContract,
    EmergencyContract,
    AuditContract,
    FoundedCustody,
    DegradedContract,
  ];
}
