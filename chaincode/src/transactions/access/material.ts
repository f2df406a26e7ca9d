// SPDX-License-Identifier: Apache-2.0
import type { Manifest, SegmentRef } from '../../domain/record.js';
import type { SealedMaterial } from '../../domain/release.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { readExisting } from '../../state/store.js';
import { readVault } from '../../state/vault.js';

/** Versions, manifests and capsules of the given segments, as the peer has them. */
export async function readMaterial(reader: Reader, wanted: readonly SegmentRef[]): Promise<SealedMaterial> {
  const versions = new Map(wanted.map((ref) => [`${ref.recordId}@${ref.version}`, ref]));
  const materials = await Promise.all(
    [...versions.values()].map(({ recordId, version }) =>
      readVersion(
        reader,
        wanted.filter((ref) => ref.recordId === recordId && ref.version === version),
      ),
    ),
  );
  return {
    records: materials.flatMap(({ records }) => records),
    capsules: materials.flatMap(({ capsules }) => capsules),
  };
}

async function readVersion(reader: Reader, refs: readonly SegmentRef[]): Promise<SealedMaterial> {
  const [first] = refs;
  if (first === undefined) return { records: [], capsules: [] };
  const [version, vault] = await Promise.all([
    readExisting(reader, keys.record(first.recordId, first.version)),
    readVault(reader, first.recordId, first.version),
  ]);
  if (vault === undefined) return { records: [{ version }], capsules: [] };
  const manifest = reader.caller.role === 'gateway' ? permittedOnly(vault.manifest, refs) : vault.manifest;
  const capsules = refs.flatMap(({ recordId, version: number, segmentId }) =>
    vault.capsules
      .filter((sealed) => sealed.segmentId === segmentId)
      .map(({ capsule }) => ({ ref: { recordId, version: number, segmentId }, capsule })),
  );
  return { records: [{ version, manifest }], capsules };
}

/**
 * The manifest without what is withheld. A gateway holds each segment against its public label; only custodians,
 * who judge dates and security labels that nothing but the manifest's hash binds, are shown the whole.
 */
function permittedOnly(manifest: Manifest, refs: readonly SegmentRef[]): Manifest {
  const segments = manifest.segments.filter(({ segmentId }) =>
    refs.some((ref) => ref.segmentId === segmentId),
  );
  return { ...manifest, segments };
}
