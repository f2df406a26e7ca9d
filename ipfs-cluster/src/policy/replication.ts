// SPDX-License-Identifier: Apache-2.0

/** At how many hospitals each part is held, and after how many an upload goes on. */
export interface Replication {
  readonly min: number;
  readonly max: number;
}

/** The replication of a consortium: at three hospitals, or at both where there are two. */
export const REPLICATION: Replication = { min: 2, max: 3 };
