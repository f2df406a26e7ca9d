// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import {
  consentStatement,
  DomainError,
  type EmergencyId,
  type IdentityRef,
  type NamedRetirement,
  type RecordId,
  type RegisterPatient,
  type SignedConsent,
  type SignedRevocation,
  type TxId,
} from '@tutela/chaincode/domain';
import {
  contestOf,
  cooledOff,
  erasureBy,
  guardianOf,
  nameRotation,
  newGuardian,
  noticesRequest,
  objectionTo,
  ownAuditRead,
  removalOf,
  retirementBy,
  rotationRequest,
  seeAct,
  signed,
  suspensionBy,
  withNewKey,
} from '@tutela/chaincode/testing';
import { GATEWAY, REGISTRAR } from '../ledger/actor.js';
import type { KeyedName } from '../ledger/transactions.js';
import {
  memoryAttempt,
  setScene,
  storeNote,
  type LedgerFault,
  type Scene,
  type TestGateway,
} from '../testing/index.js';
import type { Attempt } from './attempt.js';
import { derivedId } from './new-id.js';
import type { Services } from './services.js';

/** What a request does through its gateway; everything it needs stands already. */
type Request = Readonly<{
  at: TestGateway;
  carryOut: (services: Services, attempt: Attempt) => Promise<Readonly<{ txId?: TxId }>>;
}>;
type Prepare = (scene: Scene) => Promise<Request>;

const person = { role: 'physician', department: 'cardiology', personKey: 'staff-1' } as const;

/** For each transaction that carries a keyed request, such a request. */
const REQUESTS: Readonly<Record<KeyedName, Prepare>> = {
  'registry:RegisterPractitioner': ({ alder }) =>
    of(alder, ({ registry }, attempt) => registry.registerPractitioner(REGISTRAR, person, attempt)),
  'registry:ChangePractitioner': ({ alder, author: { practitionerId } }) => {
    const change = { practitionerId, status: 'suspended' } as const;
    return of(alder, ({ registry }, attempt) => registry.changePractitioner(REGISTRAR, change, attempt));
  },
  'registry:RegisterPasskey': ({ alder, author, consortium: { world } }) => {
    const identity = alder.deps.identities.identityOf(author);
    const passkey = world.passkeyRequest(identity, world.device(identity));
    return of(alder, ({ stepUps }, attempt) => stepUps.register(REGISTRAR, passkey, attempt));
  },
  'registry:RemovePasskey': async ({ alder, author, consortium: { world } }) => {
    const { practitionerId } = author;
    const { credentialId } = await world.passkey(alder.deps.identities.identityOf(author));
    const passkey = { practitionerId, credentialId };
    return of(alder, ({ stepUps }, attempt) => stepUps.remove(REGISTRAR, passkey, attempt));
  },
  'registry:SuspendPractitioner': async ({ alder, author: { practitionerId } }) => {
    const administrator = await administratorOf(alder);
    const request = { mspId: alder.mspId, practitionerId, reason: 'key-stolen' } as const;
    return of(alder, ({ suspensions }, attempt) => suspensions.suspend(administrator, request, attempt));
  },
  'registry:LiftSuspension': async (scene) => {
    const { birch } = scene;
    const doctor = await suspendedByOthers(scene);
    return of(birch, ({ suspensions }, attempt) => suspensions.lift(REGISTRAR, doctor, attempt));
  },
  'registry:RegisterSystem': ({ alder, consortium: { world } }) => {
    const system = { jwkThumbprint: world.names.bytes32(), scopes: ['records.read'] } as const;
    return of(alder, ({ registry }, attempt) => registry.registerSystem(REGISTRAR, system, attempt));
  },
  'registry:ChangeSystem': async ({ alder, consortium: { world } }) => {
    const system = { jwkThumbprint: world.names.bytes32(), scopes: ['records.read'] } as const;
    const { systemId } = await alder.services.registry.registerSystem(REGISTRAR, system, memoryAttempt());
    const change = { systemId, status: 'suspended' } as const;
    return of(alder, ({ registry }, attempt) => registry.changeSystem(REGISTRAR, change, attempt));
  },
  'registry:RegisterPatient': ({ alder, consortium: { world } }) => {
    const request = world.patientRequest(world.newPatient(alder)) as RegisterPatient;
    return of(alder, ({ registry }, attempt) => registry.registerPatient(REGISTRAR, request, attempt));
  },
  'registry:RequestKeyRotation': ({ alder, patient, consortium: { world } }) => {
    const request = rotationRequest(world, withNewKey(patient));
    return of(alder, ({ keyRotations }, attempt) => keyRotations.request(REGISTRAR, request, attempt));
  },
  'registry:ApproveKeyRotation': async (scene) => {
    const named = await requestedRotation(scene);
    return of(scene.birch, ({ keyRotations }, attempt) => keyRotations.approve(REGISTRAR, named, attempt));
  },
  'registry:CancelKeyRotation': async (scene) => {
    const named = await requestedRotation(scene);
    return of(scene.alder, ({ keyRotations }, attempt) => keyRotations.cancel(REGISTRAR, named, attempt));
  },
  'registry:CompleteKeyRotation': async ({ alder, patient, consortium: { world } }) => {
    await cooledOff(world, withNewKey(patient));
    const named = nameRotation(world, patient);
    return of(alder, ({ keyRotations }, attempt) => keyRotations.complete(REGISTRAR, named, attempt));
  },
  'registry:RegisterGuardian': ({ alder, patient, consortium: { world } }) => {
    const request = guardianOf(world, patient, newGuardian(world));
    return of(alder, ({ guardians }, attempt) => guardians.register(GATEWAY, request, attempt));
  },
  'registry:RemoveGuardian': async ({ alder, patient, consortium: { world } }) => {
    const guardian = newGuardian(world);
    const named = guardianOf(world, patient, guardian);
    await alder.services.guardians.register(GATEWAY, named, memoryAttempt());
    const request = removalOf(world, patient, guardian.guardianId, guardian);
    return of(alder, ({ guardians }, attempt) => guardians.remove(GATEWAY, request, attempt));
  },
  'record:Erase': async (scene) => {
    const { alder, patient, consortium } = scene;
    const request = erasureBy(consortium.world, patient, await store(scene));
    return of(alder, ({ erasures }, attempt) => erasures.order(GATEWAY, request, attempt));
  },
  'record:Retire': async (scene) => {
    const { alder, author, patient, consortium } = scene;
    const { recordId, version } = await resealed(scene);
    const place = { recordId, version };
    const request = { ...place, patient: retirementBy(consortium.world, patient, place) };
    return of(alder, ({ reseal }, attempt) => reseal.retire(author, request, attempt));
  },
  'record:CancelRetirement': async (scene) => {
    const { alder, author, patient, consortium } = scene;
    const named = await resealed(scene);
    const request = { ...named, objection: objectionTo(consortium.world, named, patient, patient) };
    return of(alder, ({ reseal }, attempt) => reseal.cancelRetirement(author, request, attempt));
  },
  'consent:Replace': async (scene) => {
    const { alder, patient } = scene;
    const { statement } = await granted(scene);
    const next = { ...statement, version: 2, nonce: scene.consortium.world.names.nonce() };
    const request = signed(patient, consentStatement(next, 'statement'));
    return of(alder, ({ consents }, attempt) => consents.replace(GATEWAY, request, attempt));
  },
  'consent:Revoke': async (scene) => {
    const { alder, patient, consortium } = scene;
    const request = consortium.world.revocation(patient, await granted(scene)) as SignedRevocation;
    return of(alder, ({ consents }, attempt) =>
      consents.revoke(GATEWAY, request, { holdOnly: false }, attempt),
    );
  },
  'emergency:Open': async ({ birch, reader, patient, consortium }) => {
    const facts = emergencyFacts(patient.handle, consortium.world.names.bytes32());
    const request = {
      ...facts,
      ...(await birch.stepUp(reader, { act: 'open-emergency', emergency: facts })),
    };
    return of(birch, ({ emergencies }, attempt) => emergencies.open(reader, request, attempt));
  },
  'emergency:Cosign': async (scene) => {
    const emergencyId = await opened(scene);
    const cosign = await cosigning(scene, emergencyId);
    return of(scene.birch, ({ emergencies }, attempt) => cosign(emergencies, attempt));
  },
  'emergency:ApproveFullScope': async (scene) => {
    const { alder, birch } = scene;
    const emergencyId = await opened(scene);
    const cosign = await cosigning(scene, emergencyId);
    await cosign(birch.services.emergencies, memoryAttempt());
    const officer = await alder.person('medical-officer');
    const { stepUp } = await alder.stepUp(officer, { act: 'approve-full-scope', emergencyId });
    return of(alder, ({ emergencies }, attempt) =>
      emergencies.approveFullScope(officer, { emergencyId, stepUp }, attempt),
    );
  },
  'emergency:Close': async (scene) => {
    const emergencyId = await opened(scene);
    return of(scene.birch, ({ emergencies }, attempt) =>
      emergencies.close(scene.reader, emergencyId, attempt),
    );
  },
  'emergency:BeginReview': async (scene) => {
    const { emergencyId, officer } = await closed(scene);
    return of(scene.birch, ({ emergencies }, attempt) =>
      emergencies.beginReview(officer, emergencyId, attempt),
    );
  },
  'emergency:Review': async (scene) => {
    const { birch, consortium } = scene;
    const { emergencyId, officer } = await closed(scene);
    await birch.services.emergencies.beginReview(officer, emergencyId, memoryAttempt());
    const verdict = {
      emergencyId,
      verdict: 'upheld',
      findingsHash: consortium.world.names.bytes32(),
    } as const;
    return of(birch, ({ emergencies }, attempt) => emergencies.review(officer, verdict, attempt));
  },
  'emergency:Contest': async (scene) => {
    const { alder, patient, consortium } = scene;
    const contest = contestOf(consortium.world, patient, await opened(scene)) as never;
    return of(alder, ({ emergencies }, attempt) => emergencies.contest(GATEWAY, contest, attempt));
  },
  'emergency:FetchNotices': async (scene) => {
    const { alder, patient, consortium } = scene;
    await opened(scene);
    const asked = noticesRequest(consortium.world, patient, alder.mspId) as never;
    return of(alder, ({ emergencies }, attempt) => emergencies.fetchNotices(GATEWAY, asked, attempt));
  },
  'audit:DeclareRead': ({ alder, patient, consortium: { world } }) => {
    const request = ownAuditRead(world, patient, alder.mspId) as never;
    return of(alder, ({ audit }, attempt) => audit.declare(GATEWAY, request, attempt));
  },
};

function of(at: TestGateway, carryOut: Request['carryOut']): Promise<Request> {
  return Promise.resolve({ at, carryOut });
}

async function administratorOf(gateway: TestGateway): ReturnType<TestGateway['person']> {
  const administrator = { role: 'administrator', department: 'office', personKey: 'staff-2' } as const;
  const { registry } = gateway.services;
  const { practitionerId } = await registry.registerPractitioner(REGISTRAR, administrator, memoryAttempt());
  return { kind: 'practitioner', practitionerId };
}

/** A physician of alder whom the two other hospitals suspended. */
async function suspendedByOthers({ alder, author, consortium }: Scene): Promise<IdentityRef> {
  const { world } = consortium;
  const signers = [];
  for (const at of [world.hospital(1), world.hospital(2)])
    signers.push(await world.practitioner(at, 'administrator'));
  const doctor = alder.deps.identities.identityOf(author);
  const [by] = signers;
  if (by === undefined) throw new Error('no administrator');
  await world.run(by, 'registry:SuspendPractitioner', suspensionBy(world, doctor, signers));
  return { mspId: alder.mspId, practitionerId: author.practitionerId };
}

async function requestedRotation({ alder, patient, consortium: { world } }: Scene) {
  const request = rotationRequest(world, withNewKey(patient));
  await alder.services.keyRotations.request(REGISTRAR, request, memoryAttempt());
  return nameRotation(world, patient);
}

async function store(scene: Scene): Promise<RecordId> {
  return (await storeNote(scene, 'content')).recordId;
}

/** The first version of a record, with the order that retires it. */
async function resealed(scene: Scene): Promise<NamedRetirement> {
  const { alder, author, patient, consortium } = scene;
  const { mspId } = alder;
  const recordId = await store(scene);
  const { practitionerId } = author;
  await consortium.world.grant(patient, { grantee: { kind: 'person', mspId, practitionerId } });
  const request = { recordId, purpose: 'TREAT' } as const;
  const { retirementOrder } = await alder.services.reseal.reseal(author, request, memoryAttempt());
  await seeAct(consortium.world, retirementOrder.txId);
  return { recordId, version: 1, orderTxId: retirementOrder.txId };
}

function granted({ birch: { mspId }, patient, consortium }: Scene): Promise<SignedConsent> {
  return consortium.world.grant(patient, { grantee: { kind: 'hospital', mspId } });
}

function emergencyFacts(handle: Scene['patient']['handle'], reasonHash: string) {
  return { handle, reason: 'unconscious', reasonHash, scope: 'full', timeBoxMinutes: 60 } as const;
}

async function opened({ birch, reader, patient, consortium }: Scene): Promise<EmergencyId> {
  const facts = emergencyFacts(patient.handle, consortium.world.names.bytes32());
  const opening = await birch.stepUp(reader, { act: 'open-emergency', emergency: facts });
  await birch.services.emergencies.open(reader, { ...facts, ...opening }, memoryAttempt());
  return opening.emergencyId;
}

/** A second physician of birch who has signed, and is to vouch. */
async function cosigning({ birch }: Scene, emergencyId: EmergencyId) {
  const second = await birch.person('physician');
  const { stepUp } = await birch.stepUp(second, { act: 'cosign-emergency', emergencyId });
  return (emergencies: Services['emergencies'], attempt: Attempt) =>
    emergencies.cosign(second, { emergencyId, stepUp }, attempt);
}

async function closed(scene: Scene) {
  const { birch, reader } = scene;
  const emergencyId = await opened(scene);
  await birch.services.emergencies.close(reader, emergencyId, memoryAttempt());
  return { emergencyId, officer: await birch.person('privacy-officer') };
}

const FAULTS: readonly (readonly [string, LedgerFault['when'], Error])[] = [
  ['the gateway is killed before it is ordered', 'endorsed', new Error('killed')],
  ['it was ordered and is invalid', 'ordered', new Error('killed')],
  ['its commit is not known, and comes later', 'late', new DomainError('COMMIT_UNKNOWN', 'not known yet')],
  ['it is committed and its answer is lost', 'after', new DomainError('COMMIT_UNKNOWN', 'not known yet')],
];

describe.each(FAULTS)('attack 33: a keyed write is done once when %s', (_, when, error) => {
  test.each(Object.entries(REQUESTS))('%s', async (name, prepare) => {
    const scene = await setScene();
    const { messages } = scene.consortium.channel;
    const { at, carryOut } = await prepare(scene);
    const before = messages.length;
    at.deps.ledger.faults.push({ name, when, error });
    const ask = ({ services }: TestGateway) =>
      services.idempotency.run({ scope: 'client', key: 'key', digest: new Uint8Array(32) }, (attempt) =>
        carryOut(services, attempt),
      );
    await expect(ask(at)).rejects.toBe(error);
    const answer = await ask(at.restart());
    const written = messages.slice(before).map(({ event: { txId } }) => txId);
    expect(new Set(written)).toEqual(new Set([answer.txId]));
    expect(await ask(at.restart())).toEqual(answer);
  });
});

test('attack 33: a person whose registration was committed unseen has the id that the repeated request answers', async () => {
  const { alder } = await setScene();
  const attempt = memoryAttempt();
  const error = new DomainError('COMMIT_UNKNOWN', 'not known yet');
  alder.deps.ledger.faults.push({ name: 'registry:RegisterPractitioner', when: 'after', error });
  const { registry } = alder.services;
  await expect(registry.registerPractitioner(REGISTRAR, person, attempt)).rejects.toBe(error);
  const { practitionerId } = await registry.registerPractitioner(REGISTRAR, person, attempt);
  expect(practitionerId).toBe(derivedId('practitioner', attempt.seed));
  const found = await registry.getPractitioner(REGISTRAR, { mspId: alder.mspId, practitionerId });
  expect(found.status).toBe('active');
});
