// SPDX-License-Identifier: Apache-2.0
import { KeyObject } from 'node:crypto';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { sha256 } from '@tutela/crypto/verify';
import {
  consentStatement,
  revocationStatement,
  type ConsentStatement,
  type SignedConsent,
} from '../domain/consent.js';
import type { CustodianSet } from '../domain/custody.js';
import {
  factsOf,
  type Emergency,
  type EmergencyFacts,
  type OpenEmergency,
  type VouchForEmergency,
} from '../domain/emergency.js';
import { DomainError } from '../domain/errors.js';
import { mspId, type EnrolmentId, type Handle, type MspId, type RecordId } from '../domain/ids.js';
import type { Intent } from '../domain/intent.js';
import { ownedId, type OwnedIds } from '../domain/owned-id.js';
import type { Manifest } from '../domain/record.js';
import { patientKeyStatement } from '../domain/registry.js';
import type { RegisterPasskey, StepUp, StepUpAct } from '../domain/step-up.js';
import { instantOf } from '../domain/time.js';
import { CATEGORIES, type PractitionerRole } from '../domain/vocabulary.js';
import { runCeremony, type Shares } from './ceremony.js';
import { FakeLedger } from './fake-ledger.js';
import { foundHospital, registerHospital, type TestHospital } from './hospital.js';
import { enrol, type Identity } from './identity.js';
import { nameSource } from './names.js';
import { newKey, signed, signStatement, uncompressed, type TestPatient } from './patient.js';
import { planManifest, prepareRecord, type PreparedRecord, type SegmentPlan } from './record.js';
import { runTransaction, type Committed, type ProposalOptions } from './runner.js';
import { passkeyRequest, stepUpBy } from './step-up.js';

/** What a test changes of the usual consent. */
export type ConsentPlan = Partial<Omit<ConsentStatement, 'handle' | 'grantee'>> &
  Pick<ConsentStatement, 'grantee'>;

type Devices = Iterable<readonly [string, SoftAuthenticator]>;

/** Names in a fork never meet those of the world that it came from. */
const FORK_GAP = 1_000_000;
const YEAR_MS = 365 * 24 * 3_600_000;

/** A consortium in memory with everything that tests do often; each act goes through the real contracts. */
export class TestWorld {
  static readonly #founded = new Map<string, Promise<TestWorld>>();
  readonly ledger: FakeLedger;
  readonly names: ReturnType<typeof nameSource>;
  readonly hospitals: readonly TestHospital[];
  readonly shares: Shares;

  readonly #devices: Map<string, SoftAuthenticator>;

  private constructor(
    ledger: FakeLedger,
    hospitals: readonly TestHospital[],
    shares: Shares,
    { firstName = 0, devices = [] }: Readonly<{ firstName?: number; devices?: Devices }> = {},
  ) {
    this.#devices = new Map(devices);
    this.names = nameSource(firstName);
    this.ledger = ledger;
    this.hospitals = hospitals;
    this.shares = shares;
  }

  /**
   * Registers hospitals and custodians, and makes the consortium key unless the test wants none. The same hospitals
   * are founded once for all tests of a file; each call answers with a world of its own.
   */
  static async found(
    ids: readonly string[] = ['Alder', 'Birch', 'Cedar'],
    withKey = true,
    founders = ids.length,
  ): Promise<TestWorld> {
    const kind = JSON.stringify([ids, withKey, founders]);
    const world = TestWorld.#founded.get(kind) ?? TestWorld.#found(ids, withKey, founders);
    TestWorld.#founded.set(kind, world);
    return (await world).fork();
  }

  static async #found(ids: readonly string[], withKey: boolean, founders: number): Promise<TestWorld> {
    const ledger = new FakeLedger(founders);
    const hospitals = await Promise.all(ids.map((id) => foundHospital(mspId(`${id}MSP`, 'id'))));
    for (const hospital of hospitals) await registerHospital(ledger, hospital);
    const custodians = new Map(hospitals.map(({ mspId: of, custodian }) => [of, custodian]));
    const members = [...custodians.keys()];
    const threshold = Math.floor(members.length / 2) + 1;
    // The id is of the form that the decoder demands.
    const ceremonyId = `cer_${'c'.repeat(22)}` as never;
    const shares = withKey
      ? await runCeremony(ledger, custodians, { ceremonyId, kind: 'dkg', threshold, members })
      : new Map();
    return new TestWorld(ledger, hospitals, shares);
  }

  /** The same world on a ledger of its own. */
  fork(): TestWorld {
    const firstName = this.names.taken() + FORK_GAP;
    return new TestWorld(this.ledger.fork(), this.hospitals, this.shares, {
      firstName,
      devices: this.#devices,
    });
  }

  hospital(position: number): TestHospital {
    const hospital = this.hospitals[position];
    if (hospital === undefined) throw new Error('no such hospital in this test');
    return hospital;
  }

  /** Runs any transaction. */
  run(caller: Identity, name: string, request: unknown, options?: ProposalOptions): Promise<Committed> {
    return runTransaction(this.ledger, caller, name, request, options);
  }

  /** Enrols and registers a person; `personTag` tells when two enrolments are one person. */
  async practitioner(
    at: TestHospital,
    role: PractitionerRole,
    personTag = this.names.bytes32(),
  ): Promise<Identity> {
    const id = this.names.id('practitioner') as EnrolmentId;
    const person = await enrol(at.mspId, id, role);
    const publicKey = uncompressed(KeyObject.from(person.keys.privateKey));
    const request = { practitionerId: id, role, department: 'ward', personTag, publicKey };
    await this.run(at.registrar, 'registry:RegisterPractitioner', request);
    return person;
  }

  /** Registers a handle with a key of the patient's own. */
  async patient(at: TestHospital): Promise<TestPatient> {
    const patient = this.newPatient(at);
    await this.run(at.registrar, 'registry:RegisterPatient', this.patientRequest(patient));
    return patient;
  }

  /** A patient with a fresh key and the handle that was made for it, whom no hospital has registered yet. */
  newPatient(at: Pick<TestHospital, 'mspId'>): TestPatient {
    const key = newKey();
    return { handle: this.ownId('handle', key.publicKey), mspId: at.mspId, ...key };
  }

  /** Arguments of `registry:RegisterPatient`. */
  patientRequest(patient: TestPatient): Readonly<{ handle: Handle; proof: string }> {
    const { handle, mspId: of, publicKey } = patient;
    const request = { handle, publicKey, nonce: this.names.nonce() };
    return { ...request, proof: signStatement(patient, patientKeyStatement('tutela', of, request)) };
  }

  /** A signed consent of a patient: by default everything, for treatment, for a year. */
  consent(patient: TestPatient, plan: ConsentPlan): SignedConsent {
    const statement = {
      ...{ v: 1, kind: 'consent', channel: 'tutela' },
      consentId: this.names.id('consent'),
      version: 1,
      handle: patient.handle,
      decision: 'permit',
      categories: CATEGORIES,
      purposes: ['TREAT'],
      validFrom: this.at(-1000),
      validUntil: this.at(YEAR_MS),
      signedAt: this.ledger.now,
      nonce: this.names.nonce(),
      ...plan,
    };
    return signed(patient, consentStatement(statement, 'statement'));
  }

  /** Signs a consent and grants it through the patient's own hospital. */
  async grant(patient: TestPatient, plan: ConsentPlan): Promise<SignedConsent> {
    const consent = this.consent(patient, plan);
    await this.run(this.homeOf(patient).gateway, 'consent:Grant', consent);
    return consent;
  }

  /** A signed revocation of a consent. */
  revocation(patient: TestPatient, { statement }: SignedConsent): object {
    const revocation = {
      v: 1,
      kind: 'revocation',
      channel: 'tutela',
      consentId: statement.consentId,
      handle: patient.handle,
      reason: 'patient-request',
      signedAt: this.ledger.now,
      nonce: this.names.nonce(),
    };
    return signed(patient, revocationStatement(revocation, 'statement'));
  }

  /** Revokes a consent through the patient's own hospital. */
  async revoke(patient: TestPatient, consent: SignedConsent): Promise<void> {
    await this.run(this.homeOf(patient).gateway, 'consent:Revoke', this.revocation(patient, consent));
  }

  /** A record of a patient with real labels and capsules, not yet registered. */
  async prepare(
    patient: TestPatient,
    segments: readonly SegmentPlan[],
    place: Readonly<{ recordId?: RecordId; version?: number }> = {},
  ): Promise<PreparedRecord> {
    const custodians = (await this.run(this.hospital(0).custodian, 'custody:GetCurrent', {}))
      .answer as CustodianSet;
    return prepareRecord(this.manifest(patient, segments, place), custodians);
  }

  /** A manifest of a patient's record. */
  manifest(
    patient: TestPatient,
    segments: readonly SegmentPlan[],
    { recordId, version = 1 }: Readonly<{ recordId?: RecordId; version?: number }> = {},
  ): Manifest {
    const id = recordId ?? this.ownId('record', patient.mspId);
    const plans = segments.map((plan) => ({
      ...plan,
      segmentId: this.names.id('segment'),
      salt: this.names.bytes32(),
    }));
    return planManifest({ recordId: id, version, ownerHandle: patient.handle, author: patient.mspId }, plans);
  }

  /** Prepares and registers a record. */
  async store(
    author: Identity,
    patient: TestPatient,
    segments: readonly SegmentPlan[],
  ): Promise<PreparedRecord> {
    const prepared = await this.prepare(patient, segments);
    await this.register(author, prepared);
    return prepared;
  }

  register(author: Identity, { request, vault }: PreparedRecord): Promise<Committed> {
    return this.run(author, 'record:Register', request, { transient: { vault } });
  }

  /** Arguments of `access:DeclareIntent` by a reader for all segments of a record. */
  intentRequest(
    { mspId }: Pick<Identity, 'mspId'>,
    { request, vault }: PreparedRecord,
    change: Readonly<Record<string, unknown>> = {},
  ): Readonly<Record<string, unknown>> {
    const { recordId, version, ownerHandle } = request;
    return {
      intentId: this.ownId('intent', mspId),
      handle: ownerHandle,
      purpose: 'TREAT',
      basis: { kind: 'consent' },
      sessionKey: this.names.bytes32(),
      segments: vault.manifest.segments.map(({ segmentId }) => ({ recordId, version, segmentId })),
      ...change,
    };
  }

  /** Declares an intent for all segments of a record. */
  async declare(
    reader: Identity,
    record: PreparedRecord,
    change: Readonly<Record<string, unknown>> = {},
    options?: ProposalOptions,
  ): Promise<Intent> {
    const { answer } = await this.run(
      reader,
      'access:DeclareIntent',
      this.intentRequest(reader, record, change),
      options,
    );
    return answer as Intent;
  }

  /** The device of a person, whether or not the ledger knows its key. */
  device({ mspId: of, id }: Pick<Identity, 'mspId' | 'id'>): SoftAuthenticator {
    const name = `${of}/${id}`;
    const device = this.#devices.get(name) ?? new SoftAuthenticator();
    this.#devices.set(name, device);
    return device;
  }

  /** A person's passkey; the registrar registers it when it is first asked for. */
  async passkey(person: Identity): Promise<SoftAuthenticator> {
    const device = this.device(person);
    if (!(`passkey/${device.publicKey}` in this.ledger.world()))
      await this.registerPasskey(person, device).catch(unlessUnknown);
    return device;
  }

  /** A person's hospital registers a device of theirs. */
  registerPasskey(person: Identity, device: SoftAuthenticator): Promise<Committed> {
    const request = this.passkeyRequest(person, device);
    return this.run(this.homeOf(person).registrar, 'registry:RegisterPasskey', request);
  }

  /** Arguments of `registry:RegisterPasskey`. */
  passkeyRequest(person: Identity, device: SoftAuthenticator): RegisterPasskey {
    return passkeyRequest(device, this.#signer(person));
  }

  /** What a device answers for a person to an act about a subject, now. */
  stepUpBy(device: SoftAuthenticator, person: Identity, act: StepUpAct, subject: object): StepUp {
    return stepUpBy(device, { ...this.#signer(person), act, subject });
  }

  /** What a person's own passkey answers. */
  async stepUp(person: Identity, act: StepUpAct, subject: object): Promise<StepUp> {
    return this.stepUpBy(await this.passkey(person), person, act, subject);
  }

  /** A fresh id of a kind that only its owner can use. */
  ownId<K extends keyof OwnedIds>(kind: K, owner: string): OwnedIds[K] {
    return ownedId(this.names.id(kind) as OwnedIds[K], owner, sha256);
  }

  /** Arguments of `emergency:Open`. */
  async emergencyRequest(
    clinician: Identity,
    patient: TestPatient,
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<OpenEmergency> {
    const facts = {
      emergencyId: this.ownId('emergency', clinician.mspId),
      handle: patient.handle,
      reason: 'unconscious',
      reasonHash: this.names.bytes32(),
      scope: 'full',
      timeBoxMinutes: 60,
      ...change,
      // Malformed where a test wants it to be.
    } as EmergencyFacts;
    return { ...facts, stepUp: await this.stepUp(clinician, 'open-emergency', facts) };
  }

  /** Arguments of `emergency:Cosign` and `emergency:ApproveFullScope`. */
  async vouchRequest(
    person: Identity,
    emergencyId: string,
    act: 'cosign-emergency' | 'approve-full-scope',
  ): Promise<VouchForEmergency> {
    const emergency = this.ledger.world()[`emergency/${emergencyId}`] as Emergency;
    const stepUp = await this.stepUp(person, act, factsOf(emergency));
    return { emergencyId: emergency.emergencyId, stepUp };
  }

  /** A second clinician co-signs. */
  async cosign(person: Identity, emergencyId: string): Promise<Committed> {
    const request = await this.vouchRequest(person, emergencyId, 'cosign-emergency');
    return this.run(person, 'emergency:Cosign', request);
  }

  /** A duty officer approves the full scope. */
  async approveFullScope(person: Identity, emergencyId: string): Promise<Committed> {
    const request = await this.vouchRequest(person, emergencyId, 'approve-full-scope');
    return this.run(person, 'emergency:ApproveFullScope', request);
  }

  /** Opens an emergency and returns its id. */
  async emergency(
    clinician: Identity,
    patient: TestPatient,
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const request = await this.emergencyRequest(clinician, patient, change);
    await this.run(clinician, 'emergency:Open', request);
    return request.emergencyId;
  }

  /** The instant so many milliseconds from now. */
  at(ms: number): string {
    return new Date(this.ledger.nowMs + ms).toISOString();
  }

  #signer({ mspId: of, id }: Identity) {
    const at = instantOf(this.ledger.nowMs);
    return { channel: 'tutela', mspId: of, practitionerId: id, at } as const;
  }

  homeOf({ mspId: of }: Readonly<{ mspId: MspId }>): TestHospital {
    const home = this.hospitals.find((hospital) => hospital.mspId === of);
    if (home === undefined) throw new Error('no such hospital in this test');
    return home;
  }
}

/** Somebody whom the ledger does not know may still hold a device. */
function unlessUnknown(error: unknown): void {
  if (!(error instanceof DomainError && error.code === 'NOT_FOUND')) throw error;
}
