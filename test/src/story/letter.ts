// SPDX-License-Identifier: Apache-2.0
import type { Reading } from '../support/read-among-lies.js';
import type { Story } from './story.js';

/** The visiting physician's reading of the letter. */
export function letterOf({ consortium, home, cast, chart }: Story): Reading {
  const { recordId, segments } = chart.letter.stored;
  const segmentId = segments[0]?.segmentId ?? '';
  const { patient, visitingPhysician: reader } = cast;
  return { consortium, home, reader, patient, recordId, segmentId };
}
