// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  ownedId,
  permitted,
  type Category,
  type DeclareIntent,
  type Handle,
  type Intent,
  type Manifest,
  type Part,
  type RecordId,
  type SealedMaterial,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { encodeBase64url, sha256 } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import { TracedError } from '../ledger/ledger.js';
import type { DeclaredIntent, IntentRequest, Intents } from './intents.js';
import { newId } from './new-id.js';
import type { PartFetcher } from './part-fetcher.js';
import type { ServiceDeps } from './service-deps.js';
import type { SessionKeys } from './session-keys.js';

export type IntentsDeps = ServiceDeps & Readonly<{ sessions: SessionKeys; fetcher: PartFetcher }>;

/** What is wanted, as far as the caller may know it; a record that may not be known has neither owner nor material. */
type Resolved = Readonly<{
  handle?: Handle;
  refs: readonly SegmentRef[];
  material?: SealedMaterial;
}>;

/** An intent that is valid, and what its caller may know of the record it is for. */
export type DeclaredForRecord = Readonly<{ intent: Intent; material: SealedMaterial }>;

/** Declares intents, and fetches ciphertext while they commit. */
export function createIntents(deps: IntentsDeps): Intents {
  return {
    declare: async (actor, request) => {
      const resolved = await resolve(deps, actor, request.wanted);
      return toAnswer(await declareResolved(deps, actor, request, resolved));
    },
    get: async (actor, intentId) => {
      const intent = await deps.ledger.evaluate(actor, 'access:GetIntent', { intentId });
      return { ...intent, segments: permitted(intent) };
    },
  };
}

/**
 * Declares an intent for a record as its caller knows it. The owner is the record's, or a new handle of no patient for a
 * record that the caller may not know. `onOrdered` is called with an intent that is on its way, and that will permit
 * something if it becomes valid.
 */
export async function declareForRecord(
  deps: IntentsDeps,
  actor: Actor,
  request: Omit<IntentRequest, 'handle'>,
  onOrdered?: (intent: Intent) => void,
): Promise<DeclaredForRecord> {
  const resolved = await resolve(deps, actor, request.wanted);
  const { handle = newId('handle', deps.random), material = { records: [], capsules: [] } } = resolved;
  return {
    intent: await declareResolved(deps, actor, { ...request, handle }, resolved, onOrdered),
    material,
  };
}

async function declareResolved(
  deps: IntentsDeps,
  actor: Actor,
  { handle, purpose, basis }: IntentRequest,
  { refs, material }: Resolved,
  onOrdered?: (intent: Intent) => void,
): Promise<Intent> {
  const intentId = ownedId(newId('intent', deps.random), deps.ledger.mspId, sha256);
  const { publicKey } = deps.sessions.create(intentId, actor);
  const sessionKey = encodeBase64url(publicKey);
  const declaration: DeclareIntent = { intentId, handle, purpose, basis, sessionKey, segments: refs };
  if (material !== undefined) deps.fetcher.prefetch(firstParts(material, refs));
  const { txId, result: intent } = await deps.ledger.submit(actor, 'access:DeclareIntent', declaration, {
    onOrdered: ({ result }) => {
      if (permitted(result).length > 0) onOrdered?.(result);
    },
  });
  if (permitted(intent).length > 0) return intent;
  throw new TracedError('NOT_FOUND', 'none of the requested segments exists, or you may not open them', {
    txId,
    intentId,
  });
}

/** The answer to a caller about an intent: only what is permitted exists. */
function toAnswer(intent: Intent): DeclaredIntent {
  const { intentId, txId, expiresAt } = intent;
  return { intentId, txId, expiresAt, segments: permitted(intent) };
}

async function resolve(deps: IntentsDeps, actor: Actor, wanted: IntentRequest['wanted']): Promise<Resolved> {
  if ('segments' in wanted) return { refs: wanted.segments };
  const { recordId, version, categories } = wanted;
  const material = await visibleMaterial(deps, actor, recordId, version);
  const manifest = material?.records[0]?.manifest;
  const refs = manifest === undefined ? [] : refsOf(manifest, categories);
  // What is not to be known is asked for all the same, under an id that nothing has: it is refused, recorded and
  // answered like any other refusal, in the same time.
  if (manifest === undefined || material === undefined || refs.length === 0)
    return { refs: [{ recordId, version: version ?? 1, segmentId: newId('segment', deps.random) }] };
  return { handle: manifest.ownerHandle, refs, material };
}

function refsOf(
  { recordId, version, segments }: Manifest,
  categories: readonly Category[] | undefined,
): readonly SegmentRef[] {
  return segments
    .filter(({ category }) => categories?.includes(category) ?? true)
    .map(({ segmentId }) => ({ recordId, version, segmentId }));
}

async function visibleMaterial(
  { ledger }: IntentsDeps,
  actor: Actor,
  recordId: RecordId,
  version: number | undefined,
): Promise<SealedMaterial | undefined> {
  try {
    return await ledger.evaluate(actor, 'record:GetSealed', {
      recordId,
      ...(version !== undefined && { version }),
    });
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'NOT_FOUND' || error.code === 'ERASED'))
      return undefined;
    throw error;
  }
}

function firstParts({ records }: SealedMaterial, refs: readonly SegmentRef[]): readonly Part[] {
  return records
    .flatMap(({ manifest }) => manifest?.segments ?? [])
    .filter(({ segmentId }) => refs.some((ref) => ref.segmentId === segmentId))
    .flatMap(({ parts }) => parts.slice(0, 1));
}
