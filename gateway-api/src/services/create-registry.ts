// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { REGISTRAR } from '../ledger/actor.js';
import { derivedId, newId } from './new-id.js';
import type { Registry } from './registry.js';
import type { ServiceDeps } from './service-deps.js';

type Deps = Pick<ServiceDeps, 'ledger' | 'identities' | 'random'>;

/** Registration of the hospital and its people, systems and patients. */
export function createRegistry({ ledger, identities, random }: Deps): Registry {
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
      const practitionerId = attempt
        ? derivedId('practitioner', attempt.seed)
        : newId('practitioner', random);
      const personTag = identities.personTag(personKey);
      const { publicKey, enrol } = await identities.prepare(practitionerId, role);
      const request = { practitionerId, role, department, personTag, publicKey };
      // The CA certifies only whom the chaincode has agreed to, and before anybody sees the registration.
      const options = { beforeOrdering: enrol };
      const { txId } = await ledger.submit(actor, 'registry:RegisterPractitioner', request, options);
      return { practitionerId, txId };
    },
    changePractitioner: async (actor, change) => {
      const { txId } = await ledger.submit(actor, 'registry:ChangePractitioner', change);
      return { txId };
    },
    getPractitioner: (actor, of) => ledger.evaluate(actor, 'registry:GetPractitioner', of),
    registerSystem: async (actor, { jwkThumbprint, scopes }, attempt) => {
      const systemId = attempt ? derivedId('system', attempt.seed) : newId('system', random);
      const { txId } = await ledger.submit(actor, 'registry:RegisterSystem', {
        systemId,
        jwkThumbprint,
        scopes,
      });
      return { systemId, txId };
    },
    changeSystem: async (actor, change) => {
      const { txId } = await ledger.submit(actor, 'registry:ChangeSystem', change);
      return { txId };
    },
    getSystem: (actor, of) => ledger.evaluate(actor, 'registry:GetSystem', of),
    registerPatient: async (actor, request) => {
      const { txId } = await ledger.submit(actor, 'registry:RegisterPatient', request);
      return { txId };
    },
    getPatient: (actor, handle) => ledger.evaluate(actor, 'registry:GetPatient', { handle }),
  };
}
