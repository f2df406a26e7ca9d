// SPDX-License-Identifier: Apache-2.0

/**
 * Whether the nth occurrence of the same thing is written down: the first, the second, the fourth, the eighth and so
 * on. A number that is on the disk is then never less than half of the true one, and a million take twenty lines.
 */
export function isWrittenDown(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
