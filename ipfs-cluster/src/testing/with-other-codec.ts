// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';

/** The identifier of the same block under the other codec of the vault: raw becomes dag-pb, and any other raw. */
export function withOtherCodec(text: string): string {
  const { code, multihash } = CID.parse(text);
  return CID.createV1(code === raw.code ? dagPb.code : raw.code, multihash).toString();
}
