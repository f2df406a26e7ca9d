// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  DomainError,
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  releaseReply,
  tagged,
  toBase64Url,
  type ErrorCode,
  type Intent,
  type ReleasedObject,
  type ReleaseReply,
  type ReleaseRequest,
  type SegmentRef,
  type SignedReleaseReply,
} from '@tutela/chaincode/domain';
import { decodeBase64url, hpkeSeal, systemRandom } from '@tutela/crypto';
import type { Identity } from '../identity.js';
import type { JournalFacts } from '../journal/entry.js';
import type { Journal } from '../journal/journal.js';
import type { Chain } from '../ledger/chain.js';
import type { RefusalCounts } from '../journal/refusal-counts.js';
import { failureCode } from '../log.js';
import type { Counters } from '../metrics.js';
import {
  judge,
  type Asker,
  type Draft,
  type Judgement,
  type MonitorParts,
  type SegmentOutcome,
} from '../monitor/monitor.js';
import { ByHospital } from '../by-hospital.js';
import type { Turns } from '../turns.js';
import { ReleaseLines } from './release-lines.js';
import { SealCache, type SealedShare } from './seal-cache.js';

/** What a gateway gets for an intent: a signed reply for each permitted segment, a code for each other. */
export type ReleaseAnswer = Readonly<{
  replies: readonly SignedReleaseReply[];
  refused: readonly Readonly<{ segment: SegmentRef; code: ErrorCode }>[];
}>;

type Parts = Readonly<{
  monitor: MonitorParts;
  chain: Chain;
  journal: Journal;
  refusals: RefusalCounts;
  identity: Identity;
  counters: Counters;
}>;
type Permitted = Extract<SegmentOutcome, { decision: 'permit' }>;
const RELEASES = 'tutela_custodian_releases_total';
type Unsigned = Omit<ReleaseReply, 'height' | 'blockHash' | 'journalHead'>;

/** Answers release requests: judge, seal, write down, and only then sign. */
export class ReleaseService {
  readonly #parts: Parts;
  readonly #lines: ReleaseLines;
  readonly #sealed = new ByHospital(() => new SealCache());

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#lines = new ReleaseLines({ journal: parts.journal, clock: parts.monitor.clock });
  }

  /** Releases to a hospital what the ledger permits of an intent; throws the code of the refusal when nothing may be. */
  release(request: ReleaseRequest, hospital: string): Promise<ReleaseAnswer> {
    return this.#turnsOf(hospital).admit(() => this.#release(request, hospital));
  }

  async #release(request: ReleaseRequest, hospital: string): Promise<ReleaseAnswer> {
    const { intentId } = request;
    const requestHash = createHash('sha256')
      .update(tagged('Tutela-v1-release-request', { intentId }))
      .digest('base64url');
    const startedAt = this.#parts.monitor.clock();
    const ready = new WeakMap<Uint8Array, SealedShare>();
    const precompute = (draft: Draft): void => {
      for (const outcome of draft.outcomes.filter(isPermitted))
        ready.set(outcome.share, this.#sealNow(draft, outcome));
    };
    const judgement = await this.#judge(request, { asking: hospital, precompute }, requestHash);
    const judgedAt = this.#parts.monitor.clock();
    // Shares are sealed while the lines go to the disk; nothing is signed, let alone answered, before they are there.
    const written = this.#lines.write(
      hospital,
      intentId,
      linesOf(judgement, requestHash, this.#parts.chain.hashAt(judgement.height)),
    );
    written.catch(() => undefined);
    const replies = await this.#turnsOf(hospital).take(() =>
      judgement.outcomes.filter(isPermitted).map((outcome) => this.#seal(judgement, outcome, ready)),
    );
    const journalHead = await written;
    this.#count(judgement);
    this.#time({ judged: judgedAt - startedAt, written: this.#parts.monitor.clock() - judgedAt });
    const refused = judgement.outcomes.flatMap((outcome) =>
      outcome.decision === 'deny' ? [{ segment: outcome.ref, code: outcome.code }] : [],
    );
    const signed = await this.#turnsOf(hospital).take(() =>
      replies.map((reply) => this.#sign(reply, judgement, journalHead)),
    );
    return { replies: signed, refused };
  }

  #turnsOf(hospital: string): Turns {
    return this.#parts.monitor.readings.of(hospital).turns;
  }

  async #judge(request: ReleaseRequest, asker: Asker, requestHash: string): Promise<Judgement> {
    let recognised: Intent | undefined;
    try {
      return await judge(this.#parts.monitor, request, {
        ...asker,
        recognised: (intent) => {
          recognised = intent;
        },
      });
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      this.#parts.counters.add(RELEASES, { decision: 'deny', code });
      await this.#noteRefusal({ hospital: asker.asking, code, requestHash }, recognised);
      if (error instanceof DomainError) throw error;
      throw new DomainError('INTERNAL', `the release could not be decided (${failureCode(error)})`, {
        cause: error,
      });
    }
  }

  /** A refusal about an own intent in time has a line of its own; any other can be had without end, and is counted. */
  async #noteRefusal(
    { hospital, ...refused }: Readonly<{ hospital: string; code: ErrorCode; requestHash: string }>,
    intent: Intent | undefined,
  ): Promise<void> {
    if (intent === undefined) return this.#parts.refusals.add({ kind: 'release', hospital, ...refused });
    const { intentId, requester } = intent;
    const { mspId, practitionerId } = requester;
    const line = { ...refused, intentId, requester: { mspId, practitionerId } };
    await this.#lines.write(hospital, intentId, [{ kind: 'release', decision: 'deny', ...line }]);
  }

  /** The share of a permitted segment, sealed now or when it was precomputed; the same one whenever it is asked for again. */
  #seal(judgement: Judgement, outcome: Permitted, ready: WeakMap<Uint8Array, SealedShare>): Unsigned {
    const { ref, share } = outcome;
    const place = this.#placeOf(judgement, outcome);
    const of = objectOf(judgement, outcome);
    const { mspId } = judgement.intent.requester;
    const { sealed, shareHash } = this.#sealed
      .of(mspId)
      .get(
        { asked: place.intentId, segment: ref, of },
        () => ready.get(share) ?? this.#sealNow(judgement, outcome),
      );
    return { ...place, ...of, sealed, shareHash };
  }

  #sealNow(draft: Draft, outcome: Permitted): SealedShare {
    const { sessionKey } = draft.intent;
    return sealShare(outcome.share, {
      place: this.#placeOf(draft, outcome),
      label: outcome.label,
      sessionKey,
    });
  }

  #placeOf({ intent, share }: Draft, { ref }: Permitted) {
    const { channel } = this.#parts.monitor;
    return { v: 2, suite: 1, channel, intentId: intent.intentId, segment: ref, ...share } as const;
  }

  #count({ outcomes }: Judgement): void {
    for (const outcome of outcomes)
      this.#parts.counters.add(RELEASES, {
        decision: outcome.decision,
        code: outcome.decision === 'deny' ? outcome.code : 'OK',
      });
  }

  /** Milliseconds from the question to the decision (waiting included), and from there to the journal line on disk. */
  #time(spent: Readonly<Record<'judged' | 'written', number>>): void {
    this.#parts.counters.add('tutela_custodian_answers_total');
    for (const [stage, ms] of Object.entries(spent))
      this.#parts.counters.add('tutela_custodian_answer_milliseconds_sum', { stage }, ms);
  }

  /** The reply names the intent's own block, which is the same for every custodian on the same chain. */
  #sign(unsigned: Unsigned, { height }: Judgement, journalHead: string): SignedReleaseReply {
    const { chain, identity } = this.#parts;
    const { number = 0, hash = '' } = chain.blockAt(height) ?? chain.head ?? {};
    const reply = releaseReply({ ...unsigned, height: number, blockHash: hash, journalHead }, '$.reply');
    return { reply, signature: identity.sign(RELEASE_SIGNATURE_PREFIX, reply) };
  }
}

function sealShare(
  share: Uint8Array,
  {
    place,
    label,
    sessionKey,
  }: Readonly<{ place: Parameters<typeof releaseInfo>[0]; label: Uint8Array; sessionKey: string }>,
): SealedShare {
  const context = { info: tagged(RELEASE_INFO_PREFIX, releaseInfo(place)), aad: label };
  return {
    sealed: toBase64Url(hpkeSeal(decodeBase64url(sessionKey, 32), context, share, systemRandom)),
    shareHash: createHash('sha256').update(share).digest('base64url'),
  };
}

function objectOf({ transcriptHash }: Draft, { label, capsuleHash }: Permitted): ReleasedObject {
  return { label: toBase64Url(label), capsuleHash, transcriptHash };
}

function linesOf(
  { intent, height, share, outcomes }: Judgement,
  requestHash: string,
  blockHash: string | undefined,
): readonly JournalFacts[] {
  const { intentId, txId, requester, basis } = intent;
  const { mspId, practitionerId } = requester;
  return outcomes.map((outcome) => ({
    kind: 'release',
    decision: outcome.decision,
    requestHash,
    intentId,
    requester: { mspId, practitionerId },
    segment: outcome.ref,
    txId,
    height,
    ...(blockHash === undefined ? {} : { blockHash }),
    ...(basis.kind === 'emergency' ? { emergencyId: basis.emergencyId } : {}),
    ...(outcome.decision === 'permit'
      ? { label: toBase64Url(outcome.label), epoch: share.epoch }
      : { code: outcome.code }),
  }));
}

function isPermitted(outcome: SegmentOutcome): outcome is Permitted {
  return outcome.decision === 'permit';
}
