// SPDX-License-Identifier: Apache-2.0
import type { Manifest, RecordVault, RecordVersion, SegmentRef } from '../../domain/record.js';
import type { SealedMaterial } from '../../domain/release.js';
import type { Reader } from '../../state/ledger.js';
import { readExistingVersion } from '../../state/records.js';
import { readVaults } from '../../state/vault.js';

/** Versions, manifests and capsules of the given segments, as the peer has them; throws TOO_LARGE for too many bytes. */
export async function readMaterial(reader: Reader, wanted: readonly SegmentRef[]): Promise<SealedMaterial> {
  const byVersion = Map.groupBy(wanted, ({ recordId, version }) => `${recordId}@${version}`);
  const versions = [...byVersion.values()].flatMap(([first]) => first ?? []);
  const [registered, vaults] = await Promise.all([
    Promise.all(versions.map(({ recordId, version }) => readExistingVersion(reader, recordId, version))),
    readVaults(reader, versions),
  ]);
  const materials = [...byVersion.values()].map((refs, position) =>
    materialOf(reader, refs, { version: registered[position], vault: vaults[position] }),
  );
  return {
    records: materials.flatMap(({ records }) => records),
    capsules: materials.flatMap(({ capsules }) => capsules),
  };
}

function materialOf(
  reader: Reader,
  refs: readonly SegmentRef[],
  { version, vault }: Readonly<{ version: RecordVersion | undefined; vault: RecordVault | undefined }>,
): SealedMaterial {
  if (version === undefined) return { records: [], capsules: [] };
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
