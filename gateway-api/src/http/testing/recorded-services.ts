// SPDX-License-Identifier: Apache-2.0
import type { Services } from '../../services/services.js';
import {
  TX,
  AT,
  B32,
  id,
  consent,
  degradedSignature,
  degradedStatement,
  draftId,
  segment,
  emergency,
  stepped,
  permitted,
  refused,
  stored,
  summary,
  upload,
  system,
  patient,
  entry,
  passkey,
  person,
  erasure,
  exposure,
  metrics,
  notice,
  retirement,
  rotation,
  suspension,
  standingGuardian,
} from './samples.js';

/** What the services were asked, without the actor. */
export const calls: unknown[][] = [];
const answer =
  (name: string, value: unknown) =>
  (_actor: unknown, ...rest: unknown[]) => {
    calls.push([name, ...rest]);
    return Promise.resolve(value);
  };
const bytesThen =
  (name: string, value: unknown, at: number) =>
  async (...call: unknown[]) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of call[at] as AsyncIterable<Uint8Array>) chunks.push(chunk);
    calls.push([name, ...call.slice(1, at), Buffer.concat(chunks).toString()]);
    return value;
  };

const asked = {
  ...{ at: AT, challenge: B32, rpId: passkey.rpId, credentialIds: [passkey.credentialId] },
};

/** Services that answer samples. */
export const services: Services = {
  registry: {
    listHospitals: answer('listHospitals', [system]),
    registerPractitioner: answer('registerPractitioner', { practitionerId: id.practitioner, txId: TX }),
    changePractitioner: answer('changePractitioner', { txId: TX }),
    getPractitioner: answer('getPractitioner', {
      ...{ ...person, ...system, personTag: B32 },
      passkeys: [{ ...passkey, registeredAt: AT }],
    }),
    registerSystem: answer('registerSystem', { systemId: id.system, txId: TX }),
    changeSystem: answer('changeSystem', { txId: TX }),
    registerPatient: answer('registerPatient', { txId: TX }),
    getPatient: answer('getPatient', {
      ...system,
      handle: id.handle,
      publicKey: patient.publicKey,
      keyVersion: 1,
    }),
  },
  guardians: {
    register: answer('registerGuardian', { txId: TX }),
    remove: answer('removeGuardian', { txId: TX }),
    list: answer('listGuardians', [standingGuardian]),
  },
  suspensions: {
    suspend: answer('suspend', { suspension, heldBy: ['AlderMSP'], txId: TX }),
    countersign: answer('countersign', { suspension, heldBy: ['AlderMSP'], txId: TX }),
    lift: answer('lift', { txId: TX }),
    list: answer('listSuspensions', {
      suspensions: [{ v: 1, ...suspension, suspendedAt: AT, txId: TX }],
    }),
  },
  keyRotations: {
    request: answer('requestKeyRotation', { rotation, txId: TX }),
    approve: answer('approveKeyRotation', { rotation, txId: TX }),
    cancel: answer('cancelKeyRotation', { rotation, txId: TX }),
    complete: answer('completeKeyRotation', { rotation, txId: TX }),
    get: answer('getKeyRotation', {
      ...rotation,
      toConfirm: [id.consent],
      seenBy: ['AlderMSP'],
      dueAt: rotation.requestedAt,
    }),
  },
  stepUps: {
    ask: answer('askStepUp', { ...asked, emergencyId: id.emergency }),
    askNew: answer('askNewPasskey', asked),
    register: answer('registerPasskey', { txId: TX }),
    remove: answer('removePasskey', { txId: TX }),
  },
  storeRecord: {
    storeContent: bytesThen('storeContent', stored, 2),
    storeBundle: bytesThen('storeBundle', stored, 2),
  },
  reseal: {
    reseal: answer('reseal', { ...stored, version: 2, retirementOrder: { version: 1, txId: TX } }),
    retire: answer('retire', { retirement, txId: TX }),
    retirement: answer('retirement', retirement),
    cancelRetirement: answer('cancelRetirement', { retirement, txId: TX }),
  },
  uploads: {
    begin: answer('begin', upload),
    state: answer('state', upload),
    append: bytesThen('append', upload, 3),
    complete: answer('complete', stored),
    abandon: answer('abandon', undefined),
  },
  records: { list: answer('list', [summary]), get: answer('get', summary) },
  intents: {
    declare: answer('declare', { intentId: id.intent, txId: TX, expiresAt: AT, segments: [permitted] }),
    get: answer('getIntent', {
      ...{
        intentId: id.intent,
        handle: id.handle,
        purpose: 'TREAT',
        declaredAt: AT,
        expiresAt: AT,
        txId: TX,
      },
      ...{ segments: [permitted, refused], certificate: 'c', sessionKey: B32 },
    }),
  },
  consents: {
    grant: answer('grant', { consentId: id.consent, version: 1, txId: TX }),
    replace: answer('replace', { consentId: id.consent, version: 2, txId: TX }),
    revoke: answer('revoke', { heldBy: ['AlderMSP'], txId: TX }),
    get: answer('getConsent', consent),
    list: answer('listConsents', { consents: [consent], more: true }),
  },
  emergencies: {
    open: answer('open', stepped),
    cosign: answer('cosign', stepped),
    approveFullScope: answer('approveFullScope', stepped),
    close: answer('close', stepped),
    beginReview: answer('beginReview', stepped),
    review: answer('review', stepped),
    contest: answer('contest', stepped),
    get: answer('getEmergency', emergency),
    list: answer('listEmergencies', [emergency]),
    dueReviews: answer('dueReviews', [emergency]),
    metrics: answer('emergencyMetrics', [metrics]),
    fetchNotices: answer('fetchNotices', { notices: [notice], more: false, txId: TX }),
  },
  degraded: {
    state: answer('degradedState', {
      ...{ mode: 'off', needed: 2, votes: [{ v: 1, mspId: 'BirchMSP', mode: 'on', at: AT, txId: TX }] },
    }),
    prepare: answer('prepareDegraded', { draftId, statement: degradedStatement, openBy: AT }),
    sign: answer('signDegraded', degradedSignature),
    open: answer('openDegraded', {
      ...{ requestHash: B32, acknowledgedBy: ['BirchMSP'], expiresAt: AT, segments: [segment] },
    }),
    content: answer('degradedContent', undefined),
  } as Services['degraded'],
  audit: {
    declare: answer('declareRead', { auditReadId: id.auditRead, txId: TX }),
    page: answer('page', { entries: [entry], bookmark: 'next', settledUntil: AT }),
    exposure: answer('exposure', { exposures: [exposure], bookmark: 'next' }),
  },
  erasures: {
    order: answer('order', { erasureId: id.erasure, txId: TX }),
    get: answer('getErasure', {
      ...erasure,
      author: 'AlderMSP',
      versions: 1,
      orderedAt: AT,
      txId: TX,
      confirmations: {},
      complete: false,
    }),
  },
  transactions: { status: () => Promise.resolve({ status: 'valid', code: 0 }) },
  custody: { view: answer('view', { custodians: [], heartbeats: [], accusations: [] }) },
} as unknown as Services;
