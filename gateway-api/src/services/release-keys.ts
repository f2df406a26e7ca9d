// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  segmentNameOf,
  type Custodian,
  type ErrorCode,
  type IntentId,
  type MspId,
} from '@tutela/chaincode/domain';
import type { ReleaseAnswer } from '../keys/keys.js';
import { accuse } from './accuse.js';
import { asTheyAnswer, codeOf } from './as-they-answer.js';
import type { EarlyReleases } from './early-releases.js';
import { KeyShares } from './key-shares.js';
import {
  openReleaseReply,
  refusalByCustodians,
  type ShareContext,
  type SignedReveal,
} from './release-replies.js';
import type { ServiceDeps } from './service-deps.js';
import type { WantedKey } from './wanted-key.js';

/** `early` are questions that were put before the intent's own commit status came. */
export type ReleaseDeps = Pick<ServiceDeps, 'custodians' | 'ledger' | 'log'> &
  Readonly<{ early?: EarlyReleases }>;

/** Keys by the name of their segment, and the custodians whose false shares were found on the way. */
export type Released = Readonly<{ keys: ReadonlyMap<string, Uint8Array>; accused: readonly MspId[] }>;

/**
 * Asks all custodians at once and combines the first shares that are enough. A key that does not fit its commitment
 * has every share judged; wrong ones are left out, and the evidence goes to the ledger, also if nothing opens. Throws
 * the refusal of the custodians, TOO_FEW_CUSTODIANS, or CONTENT_CORRUPT when shares that are all proven give a key that
 * does not fit: then the author made a bad capsule.
 */
export async function releaseKeys(
  deps: ReleaseDeps,
  context: ShareContext,
  custodians: readonly Custodian[],
  wanted: readonly WantedKey[],
): Promise<Released> {
  const collection = new Collection(context, wanted);
  try {
    await collect(deps, context, custodians, collection);
  } finally {
    collection.accused = await accuse(deps, collection.wrong);
  }
  return { keys: collection.keys, accused: collection.accused };
}

async function collect(
  deps: ReleaseDeps,
  context: ShareContext,
  custodians: readonly Custodian[],
  collection: Collection,
): Promise<void> {
  const { intentId, set } = context;
  const refusals: Readonly<{ mspId: MspId; code: ErrorCode }>[] = [];
  const ask = (custodian: Custodian, signal: AbortSignal): Promise<ReleaseAnswer> =>
    answerOf(deps, custodian, intentId, signal);
  for await (const answered of asTheyAnswer(custodians, set, ask)) {
    const { mspId } = answered.custodian;
    if ('code' in answered) {
      refusals.push({ mspId, code: answered.code });
      continue;
    }
    for (const { code } of answered.answer.refused) refusals.push({ mspId, code });
    collection.add(answered.custodian, answered.answer);
    if (collection.isComplete()) break;
  }
  if (refusals.length > 0) deps.log.warn({ intentId, refusals }, 'custodians refused or did not answer');
  for (const custodian of collection.unopened)
    deps.log.error(
      { intentId, custodian },
      'a custodian signed a reply that is no share: it is about another label, capsule or key, or its seal holds something else',
    );
  if (collection.isForked)
    deps.log.error({ alarm: 'FORK', intentId }, 'custodians gave shares on two chains');
  if (collection.isComplete()) return;
  if (collection.isForked)
    throw new DomainError('PEER_FORKED', 'too few custodians see one chain; nothing opens until they do');
  throw refusalByCustodians(distinctRefusals(refusals), set);
}

class Collection {
  accused: readonly MspId[] = [];
  readonly #context: ShareContext;
  readonly #wanted: ReadonlyMap<string, Readonly<{ wanted: WantedKey; shares: KeyShares }>>;

  constructor(context: ShareContext, all: readonly WantedKey[]) {
    this.#context = context;
    this.#wanted = new Map(
      all.map((wanted) => [
        segmentNameOf(wanted.ref),
        { wanted, shares: new KeyShares(context.set, wanted) },
      ]),
    );
  }

  add(custodian: Custodian, { replies }: ReleaseAnswer): void {
    for (const [name, { wanted, shares }] of this.#wanted) {
      const evidence = replies.find((candidate) => segmentNameOf(candidate.reply.segment) === name);
      if (shares.key !== undefined || evidence === undefined) continue;
      shares.add(custodian.mspId, evidence, openReleaseReply(this.#context, custodian, wanted, evidence));
    }
  }

  get keys(): ReadonlyMap<string, Uint8Array> {
    const found = [...this.#wanted].map(([name, { shares }]) => [name, shares.key] as const);
    return new Map(found.filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined));
  }

  get wrong(): readonly SignedReveal[] {
    return this.#all().flatMap(({ wrong }) => wrong);
  }

  get unopened(): ReadonlySet<MspId> {
    return new Set(this.#all().flatMap(({ unopened }) => [...unopened]));
  }

  isComplete(): boolean {
    return this.#all().every(({ key }) => key !== undefined);
  }

  get isForked(): boolean {
    return this.#all().some(({ isForked }) => isForked);
  }

  #all(): readonly KeyShares[] {
    return [...this.#wanted.values()].map(({ shares }) => shares);
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

/** Each custodian counts once for each code, however many segments it refused. */
function distinctRefusals(
  refusals: readonly Readonly<{ mspId: MspId; code: ErrorCode }>[],
): readonly ErrorCode[] {
  return [...new Map(refusals.map(({ mspId, code }) => [`${mspId} ${code}`, code])).values()];
}
