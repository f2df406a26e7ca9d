// SPDX-License-Identifier: Apache-2.0

/** Keeps a part whatever its blocks are. */
export const ACCEPTED = { accepts: (): boolean => true } as const;
