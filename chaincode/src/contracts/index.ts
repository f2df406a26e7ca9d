// SPDX-License-Identifier: Apache-2.0
import { AccessContract } from './access-contract.js';
import { AuditContract } from './audit-contract.js';
import { ConsentContract } from './consent-contract.js';
import { CustodyContract } from './custody-contract.js';
import { DegradedContract } from './degraded-contract.js';
import { EmergencyContract } from './emergency-contract.js';
import { RecordContract } from './record-contract.js';
import { RegistryContract } from './registry-contract.js';

/** Every contract of the chaincode. */
export const contracts = [
  RegistryContract,
  RecordContract,
  ConsentContract,
  AccessContract,
  EmergencyContract,
  AuditContract,
  CustodyContract,
  DegradedContract,
] as const;
