// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  acknowledgedBy,
  ACKNOWLEDGEMENT_PREFIX,
  custodianOf,
  DEGRADED_INFO_PREFIX,
  DEGRADED_REPLY_PREFIX,
  degradedInfo,
  degradedReply,
  DomainError,
  instantOf,
  membersAmong,
  msOf,
  QUOTA_WINDOW_MS,
  segmentNameOf,
  signedAcknowledgement,
  tagged,
  toBase64Url,
  type Custodian,
  type DegradedContext,
  type DegradedRelease,
  type ErrorCode,
  type ReleasedObject,
  type SegmentRef,
  type SignedAcknowledgement,
  type SignedDegradedReply,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import { decodeBase64url, hpkeSeal, systemRandom, type SecretShare } from '@tutela/crypto';
import { ByHospital } from '../by-hospital.js';
import { isTaggedSignedBy, type Identity } from '../identity.js';
import { isWrittenDown } from '../journal/doubling.js';
import type { JournalFacts } from '../journal/entry.js';
import type { Journal } from '../journal/journal.js';
import type { RefusalCounts } from '../journal/refusal-counts.js';
import type { Chain } from '../ledger/chain.js';
import { failureCode } from '../log.js';
import type { Counters } from '../metrics.js';
import { capsuleHashOf, openSegment, type FoundSegment } from '../monitor/open-segment.js';
import type { RateLimits } from '../monitor/rate-limits.js';
import { SealCache, type SealedShare } from '../release/seal-cache.js';
import { eachYielding, Turns } from '../turns.js';
import type { DegradedCase, DegradedStore, Releasing } from './degraded-store.js';
import { countedAs, examine, hashOf, requireUnchanged, type Examined, type ExamineParts } from './examine.js';
import { requireRoom } from './require-people.js';

/** How many pieces of work on one hospital's emergencies are done at a time. */
export const EXAMINATIONS = { atATime: 4 } as const;

/** What a gateway gets for an acknowledged request. */
export type DegradedAnswer = Readonly<{ replies: readonly SignedDegradedReply[] }>;

type Parts = ExamineParts &
  Readonly<{
    identity: Identity;
    journal: Journal;
    refusals: RefusalCounts;
    chain: Chain;
    counters: Counters;
    store: DegradedStore;
    limits: RateLimits;
    custodians: () => readonly Custodian[];
    shareOf: (set: DegradedContext['custodians']) => SecretShare;
  }>;
type Kind = Extract<JournalFacts['kind'], `degraded-${string}`>;
type Asked = Readonly<{ kind: Kind; request: SignedDegradedRequest; hospital: string }>;
/** What all shares of one release have in common. */
type Sealing = Readonly<{ examined: Examined; share: SecretShare; sealed: SealCache }>;
type Sealed = Readonly<{ place: Place; of: ReleasedObject; share: SealedShare }>;
type Place = Parameters<typeof degradedInfo>[0];

/** Answers emergencies while the ledger stalls: written down first, released only on the acknowledgements of t custodians. */
export class DegradedService {
  readonly #parts: Parts;
  readonly #sealed = new ByHospital(() => new SealCache());
  readonly #turns = new ByHospital(() => new Turns(EXAMINATIONS));
  /** How many times each segment of a request was released since the start. */
  readonly #releases = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Writes a request into the journal and acknowledges it; a refusal is counted there and thrown. */
  acknowledge(request: SignedDegradedRequest, hospital: string): Promise<SignedAcknowledgement> {
    return this.#counted({ kind: 'degraded-acknowledgement', request, hospital }, async () => {
      const { segments } = request.statement;
      const turns = this.#turns.of(hospital);
      const asking = { how: 'asking', turns, segments, use: (one: Examined) => one } as const;
      const examined = await examine(this.#parts, request, asking);
      return this.#oneAtATime(() => {
        this.#admit(examined);
        return this.#writeDown(examined);
      });
    });
  }

  /**
   * Releases segments of a request on the acknowledgements of t custodians, the own one among them. The shares are made
   * in the turn in which the segments were read, and each is signed in a turn of its own.
   */
  release(
    { request, acknowledgements, segments = request.statement.segments }: DegradedRelease,
    hospital: string,
  ): Promise<DegradedAnswer> {
    return this.#counted({ kind: 'degraded-release', request, hospital }, async () => {
      const turns = this.#turns.of(hospital);
      const { examined, all, sealed } = await examine(this.#parts, request, {
        ...{ how: 'now', turns, segments },
        use: async (one, found) => {
          const counted = this.#requireAcknowledged(one, acknowledgements);
          const share = this.#parts.shareOf(one.custodians);
          const sealing = { examined: one, share, sealed: this.#sealed.of(hospital) };
          const shares = await eachYielding(found, (segment) => this.#seal(segment, sealing));
          return { examined: one, all: counted, sealed: shares };
        },
      });
      await requireUnchanged(this.#parts, examined);
      const journalHead = await this.#oneAtATime(() => this.#noteRelease(examined, sealed, all));
      return { replies: await turns.takeEach(sealed, (one) => this.#reply(one, journalHead)) };
    });
  }

  /** Completes what a kill cut off between the disk and the journal. */
  async recover(): Promise<void> {
    for (const one of this.#parts.store.pending()) await this.complete(one);
  }

  /** Completes what a kill or a failing disk cut off of a case, and answers the case as the journal then shows it. */
  complete(one: DegradedCase): Promise<DegradedCase> {
    const { store } = this.#parts;
    const now = (): DegradedCase => store.find(one.requestHash) ?? one;
    return this.#oneAtATime(async () => {
      if (now().acknowledgement === undefined) await this.#note(now());
      const { releasing } = now();
      if (releasing !== undefined) await this.#completeRelease(now(), releasing);
      return now();
    });
  }

  /** One after another, so that two requests cannot both be the last within a quota; nothing in it waits for others. */
  #oneAtATime<T>(act: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(act);
    this.#last = Promise.allSettled([answer]);
    return answer;
  }

  /** Counts how a request ended; refusals are counted by hospital, so that refused requests cannot fill the disk. */
  async #counted<T>({ kind, request, hospital }: Asked, act: () => Promise<T>): Promise<T> {
    try {
      const answer = await act();
      this.#count(kind, 'permit', 'OK');
      return answer;
    } catch (error) {
      const code: ErrorCode = error instanceof DomainError ? error.code : 'INTERNAL';
      this.#count(kind, 'deny', code);
      await this.#parts.refusals.add({ kind, code, hospital, requestHash: hashOf(request) });
      if (error instanceof DomainError) throw error;
      const message = `the request could not be decided (${failureCode(error)})`;
      throw new DomainError('INTERNAL', message, { cause: error });
    }
  }

  #count(kind: Kind, decision: 'permit' | 'deny', code: string): void {
    this.#parts.counters.add('tutela_custodian_degraded_total', { kind, decision, code });
  }

  /** The quota of the last known state, with what stands in the own store, and then the own count. */
  #admit({ request, requestHash, person }: Examined): void {
    const { store, clock, limits } = this.#parts;
    const { requester } = request.statement;
    const since = clock() - QUOTA_WINDOW_MS;
    const pending = store
      .pending()
      .filter((one) => one.requestHash !== requestHash)
      .map((one) => one.request.statement)
      .filter(({ declaredAt }) => msOf(declaredAt) > since)
      .filter((one) => one.requester.mspId === requester.mspId);
    const own = pending.filter((one) => one.requester.practitionerId === requester.practitionerId);
    requireRoom(person, { own: own.length, hospital: pending.length });
    limits.admit({ intentId: requestHash, requester, emergencyId: countedAs(requestHash) }, clock());
  }

  async #writeDown({
    request,
    requestHash,
    custodians: { epoch },
  }: Examined): Promise<SignedAcknowledgement> {
    const { store } = this.#parts;
    const found = store.find(requestHash);
    if (found?.acknowledgement !== undefined) return found.acknowledgement;
    const one: DegradedCase = found ?? { v: 1, requestHash, request, epoch };
    // On the disk before the journal: what the journal names can then always be posted.
    if (found === undefined) await store.keep(one);
    return this.#note(one);
  }

  async #note(one: DegradedCase): Promise<SignedAcknowledgement> {
    const { journal, identity, clock, channel, store } = this.#parts;
    const { request, requestHash, epoch } = one;
    const kind = 'degraded-acknowledgement';
    const facts = { kind, decision: 'permit', emergencyId: countedAs(requestHash), epoch } as const;
    const journalHead = await journal.append([{ ...facts, ...whoAndWhat(request) }]);
    const at = instantOf(clock());
    const { mspId } = identity;
    const words = { v: 1, suite: 1, channel, requestHash, mspId, epoch, at, journalHead } as const;
    const signature = identity.sign(ACKNOWLEDGEMENT_PREFIX, words);
    const acknowledgement = signedAcknowledgement({ acknowledgement: words, signature }, '$');
    await store.keep(one, { acknowledgement });
    return acknowledgement;
  }

  /** The true acknowledgements of t members, the own one among them, without forged ones. Throws TOO_FEW_ACKNOWLEDGEMENTS. */
  #requireAcknowledged(
    { requestHash, custodians: set }: Examined,
    given: readonly SignedAcknowledgement[],
  ): readonly SignedAcknowledgement[] {
    const { store, identity } = this.#parts;
    const own = store.find(requestHash)?.acknowledgement;
    const members = membersAmong(set, given.map(custodianOf)).filter((id) => id !== identity.mspId);
    const others = given
      .filter((one) => members.includes(custodianOf(one)) && one.acknowledgement.requestHash === requestHash)
      .filter((one) => this.#isSigned(one));
    const all = own === undefined ? others : [own, ...others];
    if (own === undefined || acknowledgedBy(all, requestHash, set).length < set.threshold)
      throw new DomainError(
        'TOO_FEW_ACKNOWLEDGEMENTS',
        'as many custodians as open a record must have acknowledged the request, this one among them',
      );
    return all;
  }

  #isSigned({ acknowledgement, signature }: SignedAcknowledgement): boolean {
    const { channel, custodians } = this.#parts;
    const custodian = custodians().find(({ mspId }) => mspId === acknowledgement.mspId);
    return (
      custodian !== undefined &&
      acknowledgement.channel === channel &&
      isTaggedSignedBy(custodian.publicKey, [ACKNOWLEDGEMENT_PREFIX, acknowledgement], signature)
    );
  }

  /** The share of a segment; made once for a request, and for the label, capsule and key that the ledger shows. */
  #seal(found: FoundSegment, { examined, share, sealed }: Sealing): Sealed {
    const { request, requestHash, custodians } = examined;
    const { ref: segment, label } = found;
    const { epoch, index } = share;
    const { channel } = this.#parts;
    const { transcriptHash } = custodians;
    const of = { label, capsuleHash: capsuleHashOf(found), transcriptHash };
    const place = { v: 2, suite: 1, channel, requestHash, segment, epoch, index } as const;
    const make = (): SealedShare => {
      const publicKey = decodeBase64url(custodians.publicKey, 32);
      const opened = openSegment(found, { publicKey, share });
      const sealing = { info: tagged(DEGRADED_INFO_PREFIX, degradedInfo(place)), aad: opened.label };
      const sessionKey = decodeBase64url(request.statement.sessionKey, 32);
      return {
        sealed: toBase64Url(hpkeSeal(sessionKey, sealing, opened.share, systemRandom)),
        shareHash: createHash('sha256').update(opened.share).digest('base64url'),
      };
    };
    return { place, of, share: sealed.get({ asked: requestHash, segment, of }, make) };
  }

  /** Of a release that the journal does not show no share has left: only what it shows is kept. */
  async #completeRelease(one: DegradedCase, { releasedOn, after }: Releasing): Promise<void> {
    const { store, journal } = this.#parts;
    // What a failed append has left is cut, or the next start could find there what is not read now.
    await journal.append([]);
    const isShown = await showsRelease(journal, one.requestHash, after);
    await store.keep(one, { releasing: undefined, ...(isShown && { releasedOn }) });
  }

  /**
   * A segment that is released again has another line whenever its count has doubled. The case of a first release says
   * before the line that it is being written, and after the line that it is: no share leaves before both.
   */
  async #noteRelease(
    { request, requestHash, custodians: { epoch } }: Examined,
    sealed: readonly Sealed[],
    releasedOn: readonly SignedAcknowledgement[],
  ): Promise<string> {
    const { store, journal } = this.#parts;
    const found = store.find(requestHash);
    const first = found?.releasedOn === undefined ? found : undefined;
    const { releasing = { releasedOn, after: journal.length } } = first ?? {};
    if (first !== undefined) await store.keep(first, { releasing });
    const counted = sealed.map(({ place: { segment }, of: { label } }) => {
      const name = `${requestHash}/${segmentNameOf(segment)}`;
      return { segment, label, name, count: (this.#releases.get(name) ?? 0) + 1 };
    });
    const due = counted.filter(({ count }) => isWrittenDown(count));
    const head = due.length === 0 ? journal.head : await journal.append(linesOf(request, due, epoch));
    for (const { name, count } of counted) this.#releases.set(name, count);
    if (first !== undefined) await store.keep(first, { releasing: undefined, releasedOn });
    return head;
  }

  #reply({ place, of, share }: Sealed, journalHead: string): SignedDegradedReply {
    const { chain, identity } = this.#parts;
    const { number: height = 0, hash: blockHash = '' } = chain.head ?? {};
    const reply = degradedReply({ ...place, ...of, ...share, height, blockHash, journalHead }, '$.reply');
    return { reply, signature: identity.sign(DEGRADED_REPLY_PREFIX, reply) };
  }
}

/** Whether the lines of a journal after the first `after` have a release of a request. */
async function showsRelease(journal: Journal, requestHash: string, after: number): Promise<boolean> {
  let from = after + 1;
  for (let lines = await journal.read(from); lines.length > 0; lines = await journal.read(from)) {
    if (lines.some((line) => isRelease(line) && line.requestHash === requestHash)) return true;
    from += lines.length;
  }
  return false;
}

function isRelease({ kind, decision }: JournalFacts): boolean {
  return kind === 'degraded-release' && decision === 'permit';
}

function linesOf(
  request: SignedDegradedRequest,
  released: readonly Readonly<{ segment: SegmentRef; label: string }>[],
  epoch: number,
): readonly JournalFacts[] {
  const about = whoAndWhat(request);
  return released.map(({ segment, label }) => ({
    ...{ kind: 'degraded-release', decision: 'permit', segment, epoch, label },
    ...about,
  }));
}

function whoAndWhat(request: SignedDegradedRequest): Pick<JournalFacts, 'requestHash' | 'requester'> {
  const { mspId, practitionerId } = request.statement.requester;
  return { requestHash: hashOf(request), requester: { mspId, practitionerId } };
}
