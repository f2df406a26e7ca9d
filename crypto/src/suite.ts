// SPDX-License-Identifier: Apache-2.0

/** Version byte of every binary object. */
export const VERSION = 1;

/** Default suite: AES-256-GCM stream, TDH2 on ristretto255, HPKE X25519. */
export const SUITE_S1 = 0x01;

/** Compatibility suite: AES-192-GCM stream. */
export const SUITE_C1 = 0x11;

/** A suite whose streams can be written and read. */
export type StreamSuite = typeof SUITE_S1 | typeof SUITE_C1;
