// SPDX-License-Identifier: Apache-2.0
import { createHmac, createPrivateKey } from 'node:crypto';
import { DomainError, toBase64Url, type EnrolmentId, type PractitionerRole } from '@tutela/chaincode/domain';
import type { RandomBytes } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import type { CertificateAuthority } from './certificate-authority.js';
import { newCertificateRequest } from './certificate-request.js';
import { fabricSigner } from './fabric-signer.js';
import type { Identities, NewIdentity, Signer } from './identity.js';
import type { SealedKeys } from './sealed-keys.js';
import { publicPoint } from './statement-signer.js';

/** What a hospital's identities are made of; `tagKey` keys the tags of persons. */
export type FabricIdentitiesSettings = Readonly<{
  keys: SealedKeys;
  authority: CertificateAuthority;
  gateway: Signer;
  registrar: Signer;
  tagKey: Uint8Array;
  random: RandomBytes;
}>;

const MAX_CACHED_SIGNERS = 256;
const ENROLMENT_SECRET_BYTES = 24;
const TAG_PREFIX = 'Tutela-v1-person-tag\u0000';

/** Identities issued by the hospital's own Fabric CA, their keys sealed on the gateway's disk. */
export function createFabricIdentities(settings: FabricIdentitiesSettings): Identities {
  const cache = new Map<EnrolmentId, Signer>();
  return {
    signerOf: (actor) => Promise.resolve().then(() => signerOf(settings, cache, actor)),
    prepare: (practitionerId, role) => prepare(settings, practitionerId, role),
    personTag: (personKey) =>
      toBase64Url(
        createHmac('sha256', settings.tagKey).update(TAG_PREFIX).update(personKey.normalize('NFC')).digest(),
      ),
  };
}

function signerOf(settings: FabricIdentitiesSettings, cache: Map<EnrolmentId, Signer>, actor: Actor): Signer {
  if (actor.kind === 'gateway') return settings.gateway;
  if (actor.kind === 'registrar') return settings.registrar;
  const cached = cache.get(actor.practitionerId);
  if (cached !== undefined) return cached;
  const stored = settings.keys.find(actor.practitionerId);
  if (stored === undefined) throw new DomainError('CALLER_UNKNOWN', 'this hospital has no such practitioner');
  if (cache.size >= MAX_CACHED_SIGNERS) cache.clear();
  const signer = fabricSigner(stored.certificate, stored.privateKey);
  cache.set(actor.practitionerId, signer);
  return signer;
}

async function prepare(
  { keys, authority, random }: FabricIdentitiesSettings,
  practitionerId: EnrolmentId,
  role: PractitionerRole,
): Promise<NewIdentity> {
  const known = keys.find(practitionerId);
  const { privateKey, requestPem } = await newCertificateRequest(practitionerId);
  const publicKey = publicPoint(createPrivateKey(known?.privateKey ?? privateKey));
  const enrol = async (): Promise<void> => {
    if (keys.find(practitionerId) !== undefined) return;
    const secret = toBase64Url(random(ENROLMENT_SECRET_BYTES));
    await authority.register({ id: practitionerId, secret, role });
    const certificate = await authority.enrol({ id: practitionerId, secret, requestPem });
    keys.save(practitionerId, { certificate, privateKey });
  };
  return { publicKey, enrol };
}
