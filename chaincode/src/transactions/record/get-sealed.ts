// SPDX-License-Identifier: Apache-2.0
import { getRecord } from '../../domain/record.js';
import type { SealedMaterial } from '../../domain/release.js';
import { evaluate } from '../../state/transaction.js';
import { findVisible } from './visible.js';

/**
 * As `record:GetManifest`, with the capsules of the same segments: what a gateway needs beside the custodians' shares,
 * and can read before it declares an intent, since neither ever changes.
 */
export const getSealed = evaluate(getRecord, async (reader, wanted): Promise<SealedMaterial> => {
  const { version, manifest, capsules } = await findVisible(reader, wanted);
  const { recordId, version: number } = version;
  return {
    records: [{ version, manifest }],
    capsules: capsules.map(({ segmentId, capsule }) => ({
      ref: { recordId, version: number, segmentId },
      capsule,
    })),
  };
});
