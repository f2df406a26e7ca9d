// SPDX-License-Identifier: Apache-2.0
import type { OtherNodes } from '../storage/other-nodes.js';

/** For a hospital that knows of no other. */
export const noOtherNodes: OtherNodes = {
  hospitals: () => Promise.resolve([]),
  keep: () => Promise.resolve([]),
  kept: () => Promise.resolve([]),
};
