// SPDX-License-Identifier: Apache-2.0
import { createHash, KeyObject } from 'node:crypto';
import {
  DEGRADED_INFO_PREFIX,
  degradedInfo,
  DomainError,
  tagged,
  type SegmentRef,
  type SignedAcknowledgement,
  type SignedDegradedReply,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import {
  degradedStatementOf,
  signDegraded,
  uncompressed,
  type DegradedTeam,
  type Identity,
  type PreparedRecord,
  type TestPatient,
} from '@tutela/chaincode/testing';
import { decodeBase64url, decodeShare, hpkeOpen, type CapsuleShare } from '@tutela/crypto';
import type { DegradedAnswer } from '../degraded/degraded-service.js';
import type { Freshness } from '../freshness/freshness.js';
import { EMPTY_HEAD } from '../journal/entry.js';
import { InProcessConsortium, type ConsortiumPlan } from './in-process-consortium.js';
import { newReader, type TestReader } from './reader.js';
import { testAuthority, type TestAuthority } from './test-authority.js';

type Role = Parameters<InProcessConsortium['world']['practitioner']>[1];

const STALL_MS = 61_000;
const POLL_MS = 5;
const PATIENCE_POLLS = 400;
/** So many physicians that no test uses up another's quota. */
const PHYSICIANS = 8;

/**
 * What tests of degraded mode begin with: a consortium whose ledger can be made to stall; a patient of the first
 * hospital with a summary, notes and a sealed segment; a physician and a nurse of the second, and a medical officer of
 * the first, all with certificates of their hospitals' authorities.
 */
export class DegradedScene {
  readonly consortium: InProcessConsortium;
  readonly patient: TestPatient;
  readonly record: PreparedRecord;
  readonly team: Required<DegradedTeam>;
  readonly authorities: readonly TestAuthority[];
  readonly reader: TestReader = newReader();
  readonly #physicians: readonly Identity[];
  #requests = 0;

  private constructor(
    parts: Pick<DegradedScene, 'consortium' | 'patient' | 'record' | 'team' | 'authorities'>,
    physicians: readonly Identity[],
  ) {
    this.#physicians = physicians;
    this.consortium = parts.consortium;
    this.patient = parts.patient;
    this.record = parts.record;
    this.team = parts.team;
    this.authorities = parts.authorities;
  }

  /** Founds the consortium, which has not voted for the mode. */
  static async begin(plan: ConsortiumPlan = {}): Promise<DegradedScene> {
    const settings = { patienceMs: 20, ...plan.settings };
    const consortium = await InProcessConsortium.found({ ...plan, settings });
    const { world } = consortium;
    const authorities = await Promise.all(world.hospitals.map(({ mspId }) => testAuthority(mspId)));
    consortium.channel.authorities = authorities.map((one) => one.membership());
    const certified = (at: number, role: Role): Promise<Identity> =>
      enrolClinician({ world, authorities }, at, role);
    const patient = await world.patient(world.hospital(0));
    const author = await world.practitioner(world.hospital(0), 'physician');
    const record = await world.store(author, patient, [
      { category: 'summary' },
      { category: 'notes' },
      { category: 'genetics', class: 'sealed' },
    ]);
    const physicians: Identity[] = [];
    while (physicians.length < PHYSICIANS) physicians.push(await certified(1, 'physician'));
    const team = {
      requester: physicians[0] ?? (await certified(1, 'physician')),
      cosigner: await certified(1, 'nurse'),
      dutyOfficer: await certified(0, 'medical-officer'),
    };
    return new DegradedScene({ consortium, patient, record, team, authorities }, physicians);
  }

  get world(): InProcessConsortium['world'] {
    return this.consortium.world;
  }

  /** Somebody more of a hospital, with a passkey and with the key of an own certificate on the ledger. */
  async enrol(at: number, role: Role): Promise<Identity> {
    const person = await enrolClinician(this, at, role);
    await this.hear();
    return person;
  }

  /** Hospitals vote for the mode. */
  async vote(mode: 'on' | 'off', ...at: readonly number[]): Promise<void> {
    for (const position of at)
      await this.world.run(this.world.hospital(position).custodian, 'degraded:Vote', { mode });
  }

  /** From now on nothing is ordered, and time has passed since the last heartbeat; custodians still hear one another. */
  async stall(): Promise<void> {
    for (const { peer } of this.consortium.places) peer.refuse = () => true;
    this.world.ledger.advance(STALL_MS);
    await this.hear();
  }

  /** The custodians exchange their heads, as they do every few seconds, until all see whether the ledger stalls. */
  async hear(stalled = true): Promise<void> {
    const all = this.consortium.places.map((_, at) => this.consortium.custodian(at));
    await Promise.all(all.map(({ custody }) => custody.refresh()));
    for (let poll = 0; poll < PATIENCE_POLLS; poll += 1) {
      if (all.every(({ freshness }) => seesStall(freshness) === stalled)) return;
      this.world.ledger.advance(1);
      for (const { announcer } of all) announcer.announce();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error('the custodians do not hear one another');
  }

  /** The ledger takes transactions again. */
  async resume(): Promise<void> {
    for (const { peer } of this.consortium.places) peer.refuse = () => false;
    await this.beat();
  }

  /** The channel is configured anew, and all custodians have seen that block. */
  async configure(authorities: InProcessConsortium['channel']['authorities']): Promise<void> {
    const { channel, places } = this.consortium;
    channel.authorities = authorities;
    const newest = channel.blocks.length - 1;
    const heights = (): readonly (number | undefined)[] =>
      places.map((_, at) => this.consortium.custodian(at).chain.head?.number);
    while (heights().some((height = 0) => height < newest))
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  /** Two hospitals' heartbeats commit, and all custodians see them. */
  async beat(): Promise<void> {
    for (const { custodian } of this.world.hospitals.slice(0, 2))
      await this.world.run(custodian, 'custody:Heartbeat', {
        ...{ height: 1, blockHash: this.world.names.bytes32(), journalHead: EMPTY_HEAD },
      });
    await this.hear(false);
  }

  /** Places of the record's segments, in their order. */
  refs(...positions: readonly number[]): readonly SegmentRef[] {
    const { recordId, version } = this.record.request;
    const { segments } = this.record.vault.manifest;
    return positions.flatMap((at) => {
      const segmentId = segments[at]?.segmentId;
      return segmentId === undefined ? [] : [{ recordId, version, segmentId }];
    });
  }

  /** A request for the summary by physician and nurse, and what a test changes of it. */
  request(
    change: Readonly<Record<string, unknown>> = {},
    team: DegradedTeam = { requester: this.#nextPhysician(), cosigner: this.team.cosigner },
  ): SignedDegradedRequest {
    const said = { sessionKey: this.reader.sessionKey, ...change };
    const plan = { requester: team.requester, patient: this.patient, segments: this.refs(0), change: said };
    return signDegraded(this.world, degradedStatementOf(this.world, plan), team);
  }

  /** One custodian's acknowledgement. */
  acknowledge(at: number, request: SignedDegradedRequest): Promise<SignedAcknowledgement> {
    return this.#post(at, 'acknowledgements', request) as Promise<SignedAcknowledgement>;
  }

  /** One custodian's release, of some segments if they are named, to the gateway of a hospital. */
  release(
    at: number,
    request: SignedDegradedRequest,
    acknowledgements: readonly SignedAcknowledgement[],
    { as = '', segments }: Readonly<{ as?: string; segments?: readonly SegmentRef[] }> = {},
  ): Promise<DegradedAnswer> {
    const body = { request, acknowledgements, ...(segments && { segments }) };
    return this.#post(at, 'releases', body, as) as Promise<DegradedAnswer>;
  }

  /** Opens a sealed share; throws unless it is for this session, request, segment and custodian. */
  open({ reply }: SignedDegradedReply): CapsuleShare {
    const context = {
      info: tagged(DEGRADED_INFO_PREFIX, degradedInfo(reply)),
      aad: decodeBase64url(reply.label),
    };
    const bytes = hpkeOpen(this.reader.keys, context, decodeBase64url(reply.sealed));
    if (createHash('sha256').update(bytes).digest('base64url') !== reply.shareHash)
      throw new Error('the share is not the one that was signed');
    return decodeShare(bytes, reply);
  }

  /** Stops the consortium. */
  end(): Promise<void> {
    return this.consortium.close();
  }

  #nextPhysician(): Identity {
    this.#requests += 1;
    return this.#physicians[this.#requests % PHYSICIANS] ?? this.team.requester;
  }

  async #post(at: number, what: string, body: object, as = ''): Promise<unknown> {
    const { url } = this.consortium.at(at);
    return (await this.consortium.network.request('POST', `${url}/v1/degraded/${what}`, { body, as })).body;
  }
}

async function enrolClinician(
  { world, authorities }: Pick<DegradedScene, 'world' | 'authorities'>,
  at: number,
  role: Role,
): Promise<Identity> {
  const person = await world.practitioner(world.hospital(at), role);
  await world.passkey(person);
  const owner = (await authorities[at]?.certify(person)) ?? person;
  await world.run(world.hospital(at).registrar, 'registry:ChangePractitioner', {
    ...{ practitionerId: owner.id, publicKey: uncompressed(KeyObject.from(owner.keys.privateKey)) },
  });
  return owner;
}

function seesStall(freshness: Pick<Freshness, 'isStalled'>): boolean | undefined {
  try {
    return freshness.isStalled();
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
