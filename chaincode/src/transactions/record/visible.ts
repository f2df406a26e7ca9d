// SPDX-License-Identifier: Apache-2.0
import { comparisonsOf, type Consent } from '../../domain/consent.js';
import type { Emergency } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import type { Handle, MspId, RecordId } from '../../domain/ids.js';
import { decideByConsent, type Requester } from '../../domain/policy.js';
import type { Manifest, RecordVault, RecordVersion, Segment } from '../../domain/record.js';
import { CONSENTED_PURPOSES } from '../../domain/vocabulary.js';
import { isProcess, isRegistrar, requireAnyone, requirePractitioner } from '../../state/caller.js';
import { readEmergencies } from '../../state/emergencies.js';
import { Pace } from '../../state/in-turn.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { listVersions } from '../../state/records.js';
import { everyPage } from '../../state/store.js';
import { findVault, notHere } from '../../state/vault.js';
import { requesterOf } from '../access/requester.js';
import { consentsDeciding } from '../consent/standing.js';
import { emergencyRule } from '../emergency/rule.js';

/** Who looks: a hospital's process or registrar, or a person of a hospital. */
export type Viewer = Readonly<{ mspId: MspId; person?: Requester }>;

/** A version that the viewer may know, with those of its segments that the viewer may know and their capsules. */
export type VisibleVersion = Readonly<{
  version: RecordVersion;
  manifest: Manifest;
  capsules: RecordVault['capsules'];
}>;

/** What the patient's decisions and emergencies say about one viewer and one handle. */
type Grounds = Readonly<{
  consents: readonly Consent[];
  pace: Pace;
  emergencies: readonly Awaited<ReturnType<typeof emergencyRule>>[];
}>;

/** The caller as a viewer; throws CALLER_UNKNOWN or CALLER_INACTIVE. */
export async function viewerOf(reader: Reader): Promise<Viewer> {
  const { mspId } = reader.caller;
  if (isProcess(reader) || isRegistrar(reader)) {
    await requireAnyone(reader);
    return { mspId };
  }
  return { mspId, person: requesterOf(await requirePractitioner(reader)) };
}

/** All versions of a record, oldest first, each with its state in time. */
export async function versionsOf(reader: Reader, id: RecordId): Promise<readonly RecordVersion[]> {
  const versions = await listVersions(reader, id);
  return versions.map((version, position) =>
    position < versions.length - 1 && version.status === 'current'
      ? { ...version, status: 'superseded' }
      : version,
  );
}

/** What permits the viewer to know of a handle's records. */
export async function groundsFor(reader: Reader, { person }: Viewer, of: Handle): Promise<Grounds> {
  const pace = new Pace(reader);
  if (person === undefined) return { consents: [], pace, emergencies: [] };
  const [consents, own] = await Promise.all([
    consentsDeciding(reader, of, person.mspId),
    emergenciesOf(reader, person, of),
  ]);
  return {
    consents,
    pace,
    emergencies: await Promise.all(own.map((emergency) => emergencyRule(reader, emergency, person))),
  };
}

/** The emergencies of a handle that a person requested, whatever others have opened. */
async function emergenciesOf(reader: Reader, person: Requester, of: Handle): Promise<readonly Emergency[]> {
  const own: Emergency[] = [];
  for await (const named of everyPage(reader, keys.emergencyOf(of))) {
    const found = await readEmergencies(reader, named);
    own.push(...found.filter(({ requester }) => isSameIdentity(requester, person)));
  }
  return own;
}

/** The version with those segments that the viewer may know, or undefined: to others a record does not exist. */
export async function visibleVersion(
  reader: Reader,
  viewer: Viewer,
  version: RecordVersion,
  grounds: Grounds,
): Promise<VisibleVersion | undefined> {
  const vault = await findVault(reader, version.recordId, version.version);
  if (vault === undefined) return undefined;
  if (version.author === viewer.mspId) return { version, ...vault };
  const { manifest } = vault;
  const segments: Segment[] = [];
  for (const segment of manifest.segments)
    if (await mayKnow(reader, viewer, { manifest, segment }, grounds)) segments.push(segment);
  if (segments.length === 0) return undefined;
  const capsules = vault.capsules.filter((sealed) =>
    segments.some(({ segmentId }) => segmentId === sealed.segmentId),
  );
  return { version, manifest: { ...manifest, segments }, capsules };
}

/**
 * One version of a record, or the newest, as far as the caller may know it. Throws NOT_FOUND, or to its author ERASED, or
 * CONFLICT while this peer does not have its manifest.
 */
export async function findVisible(
  reader: Reader,
  { recordId, version: wanted }: Readonly<{ recordId: RecordId; version?: number }>,
): Promise<VisibleVersion> {
  const viewer = await viewerOf(reader);
  const versions = await versionsOf(reader, recordId);
  const found = wanted === undefined ? versions.at(-1) : versions[wanted - 1];
  if (found === undefined) return absent();
  if (found.author === viewer.mspId && found.status === 'erased')
    throw new DomainError('ERASED', 'the record was erased');
  const grounds = await groundsFor(reader, viewer, found.ownerHandle);
  const visible = await visibleVersion(reader, viewer, found, grounds);
  if (visible !== undefined) return visible;
  // An author would take NOT_FOUND for a registration that never was.
  return found.author === viewer.mspId ? notHere() : absent();
}

/** Throws the one answer for whatever is absent or not to be known. */
export function absent(): never {
  throw new DomainError('NOT_FOUND', 'no such record');
}

async function mayKnow(
  reader: Reader,
  { person: requester }: Viewer,
  { manifest, segment: of }: Readonly<{ manifest: Manifest; segment: Segment }>,
  { consents, pace, emergencies }: Grounds,
): Promise<boolean> {
  if (requester === undefined) return false;
  const segment = { ...of, recordId: manifest.recordId, ownerHandle: manifest.ownerHandle };
  const { now: at } = reader;
  await pace.before(CONSENTED_PURPOSES.length * comparisonsOf(consents));
  const isPermitted = CONSENTED_PURPOSES.some(
    (purpose) =>
      decideByConsent({ requester, segment, purpose, at }, consents, () => 0).decision === 'permit',
  );
  if (isPermitted) return true;
  const question = { requester, segment, purpose: 'BTG', at } as const;
  const decisions = await Promise.all(emergencies.map((rule) => rule(question)));
  return decisions.some(({ decision }) => decision === 'permit');
}

function isSameIdentity(
  a: Pick<Requester, 'mspId' | 'practitionerId'>,
  { mspId, practitionerId }: typeof a,
): boolean {
  return a.mspId === mspId && a.practitionerId === practitionerId;
}
