// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { REGISTRAR } from '../ledger/actor.js';
import { derivedId } from './new-id.js';
import type { Registry } from './registry.js';
import type { ServiceDeps } from './service-deps.js';

type Deps = Pick<ServiceDeps, 'ledger' | 'identities'>;

/** Registration of the hospital and its people, systems and patients. */
export function createRegistry({ ledger, identities }: Deps): Registry {
  return {
    ensureHospital: async () => {
      try {
        await ledger.submit(REGISTRAR, 'registry:RegisterHospital', {});
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'ALREADY_EXISTS') throw error;
      }
    },
    listHospitals: async (actor) => (await ledger.evaluate(actor, 'registry:ListHospitals', {})).hospitals,
    registerPractitioner: async (actor, { role, department, personKey }, attempt) => {
      const practitionerId = derivedId('practitioner', attempt.seed);
      const personTag = identities.personTag(personKey);
      const { publicKey, enrol } = await identities.prepare(practitionerId, role);
      const request = { practitionerId, role, department, personTag, publicKey };
      // The CA certifies only whom the chaincode has agreed to, and before anybody sees the registration.
      const options = { beforeOrdering: enrol };
      const name = 'registry:RegisterPractitioner';
      const { txId } = await ledger.submitOnce(actor, name, () => request, attempt, options);
      return { practitionerId, txId };
    },
    changePractitioner: async (actor, change, attempt) => {
      const { txId } = await ledger.submitOnce(actor, 'registry:ChangePractitioner', () => change, attempt);
      return { txId };
    },
    getPractitioner: (actor, of) => ledger.evaluate(actor, 'registry:GetPractitioner', of),
    registerSystem: async (actor, { jwkThumbprint, scopes }, attempt) => {
      const systemId = derivedId('system', attempt.seed);
      const request = { systemId, jwkThumbprint, scopes };
      const { txId } = await ledger.submitOnce(actor, 'registry:RegisterSystem', () => request, attempt);
      return { systemId, txId };
    },
    changeSystem: async (actor, change, attempt) => {
      const { txId } = await ledger.submitOnce(actor, 'registry:ChangeSystem', () => change, attempt);
      return { txId };
    },
    getSystem: (actor, of) => ledger.evaluate(actor, 'registry:GetSystem', of),
    registerPatient: async (actor, request, attempt) => {
      const { txId } = await ledger.submitOnce(actor, 'registry:RegisterPatient', () => request, attempt);
      return { txId };
    },
    getPatient: (actor, handle) => ledger.evaluate(actor, 'registry:GetPatient', { handle }),
  };
}
