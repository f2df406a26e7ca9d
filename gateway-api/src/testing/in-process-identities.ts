// SPDX-License-Identifier: Apache-2.0
import { createHmac, KeyObject, sign } from 'node:crypto';
import { DomainError, toBase64Url, type EnrolmentId } from '@tutela/chaincode/domain';
import { enrol, type Identity, type TestHospital } from '@tutela/chaincode/testing';
import type { Identities } from '../identity/identity.js';
import { publicPoint, statementSigner } from '../identity/statement-signer.js';
import type { Actor } from '../ledger/actor.js';

/** Identities of one hospital in memory, with certificates as a Fabric CA issues them. */
export class InProcessIdentities implements Identities {
  readonly #hospital: TestHospital;
  readonly #people = new Map<EnrolmentId, Identity>();

  constructor(hospital: TestHospital) {
    this.#hospital = hospital;
  }

  /** Takes in a person whom a test enrolled by itself. */
  adopt(person: Identity): Actor {
    this.#people.set(person.id, person);
    return { kind: 'practitioner', practitionerId: person.id };
  }

  identityOf(actor: Actor): Identity {
    if (actor.kind === 'gateway') return this.#hospital.gateway;
    if (actor.kind === 'registrar') return this.#hospital.registrar;
    const person = this.#people.get(actor.practitionerId);
    if (person === undefined)
      throw new DomainError('CALLER_UNKNOWN', 'this hospital has no such practitioner');
    return person;
  }

  signerOf(actor: Actor): ReturnType<Identities['signerOf']> {
    const { certificatePem, keys } = this.identityOf(actor);
    const key = KeyObject.from(keys.privateKey);
    return Promise.resolve({
      certificate: certificatePem,
      sign: (digest: Uint8Array) => Promise.resolve(sign(null, digest, key)),
      signStatement: statementSigner(key),
    });
  }

  async prepare(
    practitionerId: EnrolmentId,
    role: Parameters<Identities['prepare']>[1],
  ): ReturnType<Identities['prepare']> {
    const known = this.#people.get(practitionerId);
    const person = known ?? (await enrol(this.#hospital.mspId, practitionerId, role));
    return {
      publicKey: publicPoint(KeyObject.from(person.keys.privateKey)),
      enrol: () => {
        this.#people.set(practitionerId, person);
        return Promise.resolve();
      },
    };
  }

  personTag(personKey: string): string {
    return toBase64Url(createHmac('sha256', this.#hospital.mspId).update(personKey).digest());
  }
}
