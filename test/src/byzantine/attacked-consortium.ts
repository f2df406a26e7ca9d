// SPDX-License-Identifier: Apache-2.0
import { DomainError, statementBytes, type Consent, type MspId } from '@tutela/chaincode/domain';
import {
  CommitFailure,
  endorse,
  type Committed,
  type FakeStub,
  type Identity,
  type PreparedRecord,
  type ProposalOptions,
  type Random,
  type TestHospital,
  type TestPatient,
  type TestWorld,
} from '@tutela/chaincode/testing';
import { decodeBase64url, verifyP256 } from '@tutela/crypto';
import { InProcessConsortium, newReader, type TestReader } from '@tutela/custodian/testing';
import { oneOf, SeenValues } from './mutation.js';

/** A transaction as a client sends it. */
export type Sent = Readonly<{ name: string; request: unknown; options?: ProposalOptions | undefined }>;
/** A message to a custodian. */
export type Posted = Readonly<{ path: string; body: object }>;

const HOSTILE_ROLES = [
  'physician',
  'nurse',
  'medical-officer',
  'administrator',
  'privacy-officer',
  'auditor',
] as const;
const MAX_KEPT = 256;
const HOUR_MS = 3_600_000;

/** The people and processes that hostile hospitals act with. */
type HostileHospital = Readonly<{
  mspId: MspId;
  identities: readonly Identity[];
  patient: TestPatient;
  record: PreparedRecord;
}>;

/**
 * A consortium in this process, with real contracts and real custodians, of which some hospitals are hostile and act
 * together. All that honest parties send is seen and kept, so that it can be sent again, changed.
 */
export class AttackedConsortium {
  readonly consortium: InProcessConsortium;
  readonly random: Random;
  readonly seen = new SeenValues();
  readonly sent: Sent[] = [];
  readonly posted: Posted[] = [];
  readonly withheld: FakeStub[] = [];
  readonly hostile: readonly HostileHospital[];
  readonly patient: TestPatient;
  readonly author: Identity;
  readonly doctor: Identity;
  readonly record: PreparedRecord;
  readonly reader: TestReader = newReader();
  /** Transactions whose proposals honest parties signed. */
  readonly honestTxIds = new Set<string>();
  readonly intents: string[] = [];
  /** The consent that honest parties use now: ids of others may be made to collide with it. */
  consentInUse: string | undefined;
  /** Shares that honest custodians gave to hostile hospitals. */
  leaked = 0;

  private constructor(
    parts: Pick<
      AttackedConsortium,
      'consortium' | 'random' | 'hostile' | 'patient' | 'author' | 'doctor' | 'record'
    >,
  ) {
    this.consortium = parts.consortium;
    this.random = parts.random;
    this.hostile = parts.hostile;
    this.patient = parts.patient;
    this.author = parts.author;
    this.doctor = parts.doctor;
    this.record = parts.record;
  }

  /** Founds a consortium whose last hospitals are hostile; the first has the patient, the second the reading physician. */
  static async found(
    plan: Readonly<{ hospitals: readonly string[]; hostile: number; random: Random }>,
  ): Promise<AttackedConsortium> {
    const consortium = await InProcessConsortium.found({ hospitals: plan.hospitals });
    const { world } = consortium;
    const patient = await world.patient(world.hospital(0));
    const author = await world.practitioner(world.hospital(0), 'physician');
    const doctor = await world.practitioner(world.hospital(1), 'physician');
    const record = await world.store(author, patient, [{ category: 'laboratory' }, { category: 'notes' }]);
    const first = plan.hospitals.length - plan.hostile;
    const hostile: HostileHospital[] = [];
    for (const hospital of world.hospitals.slice(first)) hostile.push(await hostileHospital(world, hospital));
    const attacked = new AttackedConsortium({
      ...{ consortium, random: plan.random, hostile, patient, author, doctor, record },
    });
    attacked.#watch();
    await attacked.passHour();
    return attacked;
  }

  get world(): InProcessConsortium['world'] {
    return this.consortium.world;
  }

  /** Positions of the honest hospitals. */
  get honest(): readonly number[] {
    return this.consortium.places.slice(0, -this.hostile.length).map((_, position) => position);
  }

  /** Whether a hospital is hostile. */
  isHostile(mspId: string): boolean {
    return this.hostile.some((hospital) => hospital.mspId === mspId);
  }

  /** Whether the patient signed a consent. */
  isSigned({ statement, signature }: Pick<Consent, 'statement' | 'signature'>): boolean {
    const key = decodeBase64url(this.patient.publicKey);
    return verifyP256(key, statementBytes(statement), decodeBase64url(signature));
  }

  /** Any identity of any hostile hospital. */
  anyHostile(): Identity {
    return oneOf(oneOf(this.hostile, this.random).identities, this.random);
  }

  /** Sends a transaction as a hostile client; what is refused or invalid is undefined. */
  async send(caller: Identity, { name, request, options }: Sent): Promise<Committed | undefined> {
    return unlessRefused(() => this.world.run(caller, name, request, options));
  }

  /** Has a transaction endorsed and keeps it back. */
  async withhold(caller: Identity, { name, request, options }: Sent): Promise<void> {
    const endorsed = await unlessRefused(() => endorse(this.world.ledger, caller, name, request, options));
    if (endorsed === undefined || endorsed.stub.rwset.writes.size === 0) return;
    if (this.withheld.length < MAX_KEPT) this.withheld.push(endorsed.stub);
    else this.withheld[this.random(MAX_KEPT)] = endorsed.stub;
  }

  /** Posts a message to an honest custodian as a hostile hospital. */
  async post({ path, body }: Posted): Promise<unknown> {
    const { url } = this.consortium.at(oneOf(this.honest, this.random));
    const as = oneOf(this.hostile, this.random).mspId;
    return unlessRefused(
      async () => (await this.consortium.network.request('POST', `${url}${path}`, { body, as })).body,
    );
  }

  /** Lets time pass as honest hospitals see it: each custodian shows a sign of life. */
  async pass(ms: number): Promise<void> {
    this.world.ledger.advance(ms);
    for (const position of this.honest) {
      const { custodian } = this.world.hospital(position);
      const { head } = this.consortium.custodian(position).chain;
      if (head === undefined) continue;
      const request = { height: head.number, blockHash: head.hash, journalHead: this.world.names.bytes32() };
      await unlessRefused(() => this.world.run(custodian, 'custody:Heartbeat', request));
    }
    for (const position of this.honest) this.consortium.custodian(position).announcer.announce();
  }

  /** As {@link pass}, an hour. */
  passHour(): Promise<void> {
    return this.pass(HOUR_MS);
  }

  /** Stops the consortium. */
  end(): Promise<void> {
    return this.consortium.close();
  }

  #watch(): void {
    const { world, consortium } = this;
    const run = world.run.bind(world);
    world.run = async (caller, name, request, options) => {
      const committed = await run(caller, name, request, options);
      this.#learn({ name, request, options });
      if (name === 'access:DeclareIntent')
        this.#keep(this.intents, (committed.answer as { intentId: string }).intentId);
      return committed;
    };
    const propose = world.ledger.propose.bind(world.ledger);
    world.ledger.propose = (creator, options) => {
      const stub = propose(creator, options);
      if (!this.isHostile(creator.mspId)) this.honestTxIds.add(stub.getTxID());
      return stub;
    };
    const ask = consortium.network.request.bind(consortium.network);
    consortium.network.request = (method, url, options) => {
      const body = options?.body;
      if (method === 'POST' && body !== undefined) {
        this.seen.learn(body, this.random);
        this.#keep(this.posted, { path: new URL(url).pathname, body });
      }
      return ask(method, url, options);
    };
  }

  #learn(sent: Sent): void {
    this.seen.learn(sent.request, this.random);
    this.#keep(this.sent, sent);
  }

  #keep<T>(kept: T[], value: T): void {
    if (kept.length < MAX_KEPT) kept.push(value);
    else kept[this.random(MAX_KEPT)] = value;
  }
}

async function hostileHospital(world: TestWorld, hospital: TestHospital): Promise<HostileHospital> {
  const { registrar, gateway, custodian, operator, mspId } = hospital;
  const people: Identity[] = [];
  for (const role of HOSTILE_ROLES) people.push(await world.practitioner(hospital, role));
  const physician = people[0] ?? registrar;
  const patient = await world.patient(hospital);
  const record = await world.store(physician, patient, [{ category: 'laboratory' }]);
  return { mspId, identities: [registrar, gateway, custodian, operator, ...people], patient, record };
}

/** What an act yields, or undefined where the rules refuse it or the ledger finds it invalid. */
export async function unlessRefused<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DomainError || error instanceof CommitFailure) return undefined;
    throw error;
  }
}
