// SPDX-License-Identifier: Apache-2.0
import { concatBytes, i2osp, type RandomBytes, utf8 } from '../bytes.js';
import { sha512 } from '../kernel/hashing.js';

/** Repeatable bytes for tests and vectors: SHA-512 over a seed and a counter. Never for real keys. */
export function seededRandom(seed: string): RandomBytes {
  let counter = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let filled = 0; filled < length; filled += 64)
      blocks.push(sha512(concatBytes(utf8(seed), i2osp(counter++, 4))));
    return concatBytes(...blocks).slice(0, length);
  };
}
