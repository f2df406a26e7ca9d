// SPDX-License-Identifier: Apache-2.0
import type { Identity } from './identity.js';
import type { TestPatient } from './patient.js';
import type { PreparedRecord, SegmentPlan } from './record.js';
import { TestWorld } from './world.js';

/** A patient of the first hospital, a record that a physician there wrote, and a physician of the second hospital. */
export type Chart = Readonly<{
  base: TestWorld;
  author: Identity;
  reader: Identity;
  patient: TestPatient;
  record: PreparedRecord;
}>;

/** Founds a world and stores a record with the given segments. */
export async function foundChart(segments: readonly SegmentPlan[]): Promise<Chart> {
  const base = await TestWorld.found();
  const author = await base.practitioner(base.hospital(0), 'physician');
  const reader = await base.practitioner(base.hospital(1), 'physician');
  const patient = await base.patient(base.hospital(0));
  return { base, author, reader, patient, record: await base.store(author, patient, segments) };
}
