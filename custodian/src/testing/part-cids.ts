// SPDX-License-Identifier: Apache-2.0
import { partDag } from '@tutela/ipfs-cluster';

/** Identifiers of as many different parts. */
export function partCids(count: number, name = 'part'): readonly string[] {
  return Array.from({ length: count }, (_, index) => partDag(Buffer.from(`${name} ${String(index)}`)).cid);
}
