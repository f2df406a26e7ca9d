// SPDX-License-Identifier: Apache-2.0

/** Milliseconds since the Unix epoch, as this machine believes them to be. */
export type Clock = () => number;
