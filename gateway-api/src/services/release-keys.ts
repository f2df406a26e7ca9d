// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  type Custodian,
  type ErrorCode,
  type IntentId,
  type MspId,
} from '@tutela/chaincode/domain';
import {
  CryptoError,
  decodeBase64url,
  findFalseShares,
  recoverKey,
  type Recovered,
  type Recovery,
} from '@tutela/crypto';
import type { Custodians, ReleaseAnswer } from '../keys/keys.js';
import type { Log } from '../log.js';
import type { EarlyReleases } from './early-releases.js';
import {
  areOfOneChain,
  nameOf,
  openReply,
  refusalOf,
  type ShareContext,
  type SignedShare,
  type WantedKey,
} from './gather-shares.js';

/** `early` are questions that were put before the intent's own commit status came. */
export type ReleaseDeps = Readonly<{ custodians: Custodians; log: Log; early?: EarlyReleases }>;

/** Keys by the name of their segment, and shares that were proven wrong on the way. */
export type Released = Readonly<{ keys: ReadonlyMap<string, Uint8Array>; wrong: readonly SignedShare[] }>;

type Answered = Readonly<{ custodian: Custodian; answer?: ReleaseAnswer; code?: ErrorCode }>;

const RELEASE_TIMEOUT_MS = 20_000;

/**
 * Asks all custodians at once and combines the first shares that are enough. A key that does not fit its commitment
 * has every share judged, wrong ones left out and named. Throws the refusal of the custodians, TOO_FEW_CUSTODIANS,
 * or CONTENT_CORRUPT when good shares give a key that does not fit: then the author made a bad capsule.
 */
export async function releaseKeys(
  deps: ReleaseDeps,
  context: ShareContext,
  custodians: readonly Custodian[],
  wanted: readonly WantedKey[],
): Promise<Released> {
  const members = custodians.filter(({ mspId }) =>
    context.set.members.some((member) => member.mspId === mspId),
  );
  const collection = new Collection(context, wanted);
  const refusals: Readonly<{ mspId: MspId; code: ErrorCode }>[] = [];
  for await (const { custodian, answer, code } of asTheyAnswer(deps, context, members)) {
    if (code !== undefined) refusals.push({ mspId: custodian.mspId, code });
    for (const refused of answer?.refused ?? [])
      refusals.push({ mspId: custodian.mspId, code: refused.code });
    if (answer !== undefined) collection.add(custodian, answer);
    if (collection.isComplete()) break;
  }
  if (refusals.length > 0)
    deps.log.warn({ intentId: context.intentId, refusals }, 'custodians refused or did not answer');
  if (collection.isForked)
    deps.log.error({ alarm: 'FORK', intentId: context.intentId }, 'custodians gave shares on two chains');
  if (!collection.isComplete() && collection.isForked)
    throw new DomainError('PEER_FORKED', 'too few custodians see one chain; nothing opens until they do');
  if (!collection.isComplete()) throw refusalOf(distinctRefusals(refusals), context.set);
  return collection.released();
}

class Collection {
  readonly #context: ShareContext;
  readonly #wanted: readonly WantedKey[];
  readonly #shares = new Map<string, SignedShare[]>();
  readonly #keys = new Map<string, Uint8Array>();
  readonly #wrong: SignedShare[] = [];
  #isForked = false;

  constructor(context: ShareContext, wanted: readonly WantedKey[]) {
    this.#context = context;
    this.#wanted = wanted;
  }

  add(custodian: Custodian, { replies }: ReleaseAnswer): void {
    for (const wanted of this.#wanted) {
      const name = nameOf(wanted.ref);
      if (this.#keys.has(name)) continue;
      const reply = replies.find((candidate) => nameOf(candidate.reply.segment) === name);
      const share = reply && openReply(this.#context, custodian, wanted, reply);
      if (share === undefined) continue;
      const before = this.#shares.get(name) ?? [];
      this.#shares.set(name, [...before, share]);
      const together = [...before.filter((other) => areOfOneChain(other, share)), share];
      if (together.length <= before.length) this.#isForked = true;
      if (together.length >= this.#context.set.threshold) this.#combine(wanted, name, together);
    }
  }

  isComplete(): boolean {
    return this.#keys.size === this.#wanted.length;
  }

  /** Whether custodians gave shares on two chains. */
  get isForked(): boolean {
    return this.#isForked;
  }

  released(): Released {
    return { keys: this.#keys, wrong: this.#wrong };
  }

  #combine(wanted: WantedKey, name: string, shares: readonly SignedShare[]): void {
    const recovery = recoveryOf(this.#context, wanted, shares);
    const recovered = tryRecover(recovery);
    const falseIndices = recovered?.falseIndices ?? findFalseShares(recovery);
    const isFalse = ({ share }: SignedShare): boolean => falseIndices.includes(share.index);
    this.#wrong.push(...shares.filter(isFalse));
    this.#shares.set(name, [...(this.#shares.get(name) ?? []).filter((share) => !isFalse(share))]);
    if (recovered !== undefined) this.#keys.set(name, recovered.key);
  }
}

function recoveryOf(
  { set }: ShareContext,
  { capsule, label, accepts }: WantedKey,
  shares: readonly SignedShare[],
): Recovery {
  return {
    context: { publicKey: decodeBase64url(set.publicKey), label },
    capsule,
    epoch: set.epoch,
    threshold: set.threshold,
    verificationKeys: keysByIndex(set),
    shares: shares.map(({ share }) => share),
    accepts,
  };
}

/** Verification keys with index i at position i − 1, whatever order the members stand in. */
function keysByIndex({ members, verificationKeys }: ShareContext['set']): readonly Uint8Array[] {
  const byIndex: Uint8Array[] = [];
  for (const [position, { index }] of members.entries()) {
    const key = verificationKeys[position];
    if (key !== undefined) byIndex[index - 1] = decodeBase64url(key);
  }
  return byIndex;
}

function tryRecover(recovery: Recovery): Recovered | undefined {
  try {
    return recoverKey(recovery);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    if (cause.code === 'SHARE_SET') return undefined;
    throw new DomainError('CONTENT_CORRUPT', 'the key of this content does not fit it', { cause });
  }
}

/** Answers in the order in which they come; who has not been heard when the reader leaves is not waited for. */
async function* asTheyAnswer(
  deps: ReleaseDeps,
  { intentId }: ShareContext,
  members: readonly Custodian[],
): AsyncGenerator<Answered, void, undefined> {
  const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
  const open = new Map(
    members.map((custodian) => [
      custodian.mspId,
      answerOf(deps, custodian, intentId, signal).then(
        (answer): Answered => ({ custodian, answer }),
        (error: unknown): Answered => ({ custodian, code: codeOf(error) }),
      ),
    ]),
  );
  while (open.size > 0) {
    const answered = await Promise.race(open.values());
    open.delete(answered.custodian.mspId);
    yield answered;
  }
}

/** The answer to the early question, or to a new one; who did not have the intent yet is asked again. */
async function answerOf(
  { custodians, early }: ReleaseDeps,
  custodian: Custodian,
  intentId: IntentId,
  signal: AbortSignal,
): Promise<ReleaseAnswer> {
  try {
    return await (early?.take(custodian) ?? custodians.release(custodian, { intentId }, signal));
  } catch (error) {
    if (early === undefined || codeOf(error) !== 'INTENT_UNCOMMITTED') throw error;
    return custodians.release(custodian, { intentId }, signal);
  }
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'TOO_FEW_CUSTODIANS';
}

/** Each custodian counts once for each code, however many segments it refused. */
function distinctRefusals(
  refusals: readonly Readonly<{ mspId: MspId; code: ErrorCode }>[],
): readonly ErrorCode[] {
  return [...new Map(refusals.map(({ mspId, code }) => [`${mspId} ${code}`, code])).values()];
}
