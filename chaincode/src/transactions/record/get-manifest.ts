// SPDX-License-Identifier: Apache-2.0
import { getRecord } from '../../domain/record.js';
import { evaluate } from '../../state/transaction.js';
import { findVisible } from './visible.js';

/** The manifest of a version with those segments that the caller may know; withheld ones leave no trace. */
export const getManifest = evaluate(
  getRecord,
  async (reader, wanted) => (await findVisible(reader, wanted)).manifest,
);
