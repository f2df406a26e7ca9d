// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  FORMAT_VERSION,
  manifestHash,
  segmentLabelHash,
  SUITE_S1,
  toBase64Url,
  VAULT,
  type CustodianSet,
  type Handle,
  type Manifest,
  type RecordVault,
  type RecordVersion,
  type RegisterRecord,
} from '@tutela/chaincode/domain';
import { decodeBase64url, sealCapsule } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import type { CustodyDirectory } from './custody-directory.js';
import { sha256 } from './hashing.js';
import type { SealedSegment, VersionPlace } from './seal-segment.js';
import type { ServiceDeps } from './service-deps.js';

type RegisterDeps = Pick<ServiceDeps, 'ledger' | 'random'> & Readonly<{ custody: CustodyDirectory }>;

/** The manifest of a version whose segments are all stored. */
export function manifestOf(
  ledger: ServiceDeps['ledger'],
  place: VersionPlace,
  ownerHandle: Handle,
  segments: readonly SealedSegment[],
): Manifest {
  return {
    v: FORMAT_VERSION,
    suite: SUITE_S1,
    channel: ledger.channel,
    recordId: place.recordId,
    version: place.version,
    ownerHandle,
    author: ledger.mspId,
    policy: {},
    segments: segments.map(({ segment }) => segment),
  };
}

/** Asks the ledger for a version. */
export type AskVersion = (place: VersionPlace) => Promise<RecordVersion>;

/** Asks as an actor, and other hospitals while the own peer's chaincode is away. */
export function askAs({ ledger }: Pick<ServiceDeps, 'ledger'>, actor: Actor): AskVersion {
  return (place) => ledger.evaluate(actor, 'record:Get', place);
}

/** A version as the ledger has it, if it does. */
export async function findVersion(ask: AskVersion, place: VersionPlace): Promise<RecordVersion | undefined> {
  try {
    return await ask(place);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Seals each segment's key to the consortium and anchors the version; `beforeOrdering` is awaited once it is endorsed,
 * and when that fails nothing is ordered. A key of an epoch that has just ended is replaced once. A version that an
 * earlier try already registered is answered as it stands; CONFLICT if it is another's.
 */
export async function registerVersion(
  deps: RegisterDeps,
  actor: Actor,
  manifest: Manifest,
  segments: readonly SealedSegment[],
  beforeOrdering: (manifestHash: string) => Promise<void>,
): Promise<RecordVersion> {
  const hash = manifestHash(manifest, sha256);
  const submit = (): Promise<RecordVersion> =>
    submitVersion(deps, actor, { manifest, segments, hash }, () => beforeOrdering(hash));
  try {
    return await submit();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'ALREADY_EXISTS') return standing(deps, actor, manifest, hash, error);
    if (error.code !== 'LABEL_MISMATCH' && error.code !== 'CAPSULE_INVALID') throw error;
    deps.custody.refresh();
    return submit();
  }
}

async function submitVersion(
  { ledger, custody, random }: RegisterDeps,
  actor: Actor,
  {
    manifest,
    segments,
    hash,
  }: Readonly<{ manifest: Manifest; segments: readonly SealedSegment[]; hash: string }>,
  beforeOrdering: () => Promise<void>,
): Promise<RecordVersion> {
  const set = await custody.current();
  const sealed = segments.map(({ segment, dek }) => sealTo(set, manifest, segment, dek, random));
  const request: RegisterRecord = {
    recordId: manifest.recordId,
    version: manifest.version,
    ownerHandle: manifest.ownerHandle,
    manifestHash: hash,
    labels: sealed.map(({ segmentId, label }) => ({ segmentId, label: toBase64Url(label) })),
  };
  const capsules = sealed.map(({ segmentId, capsule }) => ({ segmentId, capsule: toBase64Url(capsule) }));
  const vault: RecordVault = { manifest, capsules };
  const options = { transient: { [VAULT]: vault }, beforeOrdering };
  return (await ledger.submit(actor, 'record:Register', request, options)).result;
}

function sealTo(
  set: CustodianSet,
  manifest: Manifest,
  segment: Manifest['segments'][number],
  dek: Uint8Array,
  random: ServiceDeps['random'],
): Readonly<{ segmentId: typeof segment.segmentId; label: Uint8Array; capsule: Uint8Array }> {
  const label = segmentLabelHash(manifest, segment, set.kid, sha256);
  const capsule = sealCapsule({ publicKey: decodeBase64url(set.publicKey), label }, dek, random);
  return { segmentId: segment.segmentId, label, capsule };
}

async function standing(
  deps: RegisterDeps,
  actor: Actor,
  { recordId, version }: Manifest,
  hash: string,
  cause: DomainError,
): Promise<RecordVersion> {
  const found = await findVersion(askAs(deps, actor), { recordId, version });
  if (found === undefined)
    throw new DomainError('LEDGER_UNAVAILABLE', 'the own peer lags behind the others; repeat the request');
  if (found.manifestHash === hash) return found;
  throw new DomainError('CONFLICT', 'another version came first; read the record again', { cause });
}
