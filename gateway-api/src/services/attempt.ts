// SPDX-License-Identifier: Apache-2.0

/** One try of a keyed request. Ids derived from `seed` (32 bytes) are the same when the request is tried again. */
export type Attempt = Readonly<{
  seed: Uint8Array;
  /** What an earlier try, of this or a killed process, noted; undefined on the first. */
  noted: () => object | undefined;
  /** Notes something durably before the next step is taken. */
  note: (value: object) => void;
}>;
