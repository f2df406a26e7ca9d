// SPDX-License-Identifier: Apache-2.0
import { DomainError, type EnrolmentId, type SystemId } from '@tutela/chaincode/domain';
import type { Identities } from '../../identity/identity.js';
import { GATEWAY } from '../../ledger/actor.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Directory } from './directory.js';
import type { SystemKeys } from './system-keys.js';

/** Answers from the ledger, asked anew each time, and from the keys and identities that this gateway holds. */
export function ledgerDirectory(
  ports: Readonly<{ ledger: Ledger; identities: Identities; keys: SystemKeys }>,
): Directory {
  const { ledger, identities, keys } = ports;
  const { mspId } = ledger;
  return {
    system: (systemId: SystemId) =>
      unlessNotFound(ledger.evaluate(GATEWAY, 'registry:GetSystem', { mspId, systemId })),
    systemKey: (systemId: SystemId) => Promise.resolve(keys.get(systemId)),
    practitioner: (practitionerId: EnrolmentId) =>
      unlessNotFound(ledger.evaluate(GATEWAY, 'registry:GetPractitioner', { mspId, practitionerId })),
    holdsIdentity: async (practitionerId: EnrolmentId) =>
      (await unlessUnknown(identities.signerOf({ kind: 'practitioner', practitionerId }))) !== undefined,
  };
}

function unlessNotFound<T>(asked: Promise<T>): Promise<T | undefined> {
  return unlessCode(asked, 'NOT_FOUND');
}

function unlessUnknown<T>(asked: Promise<T>): Promise<T | undefined> {
  return unlessCode(asked, 'CALLER_UNKNOWN');
}

async function unlessCode<T>(asked: Promise<T>, code: DomainError['code']): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DomainError && error.code === code) return undefined;
    throw error;
  }
}
