// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url } from '../base64url.js';
import { demand } from '../errors.js';
import { hpkeSealWithSeed } from '../hpke.js';
import { subShareInfo } from './dealing.js';
import { type CeremonyTerms, termsHash } from './terms.js';

/** Seals a sub-share with the seed from which anyone can repeat the seal. */
export function sealSubShare(
  terms: CeremonyTerms,
  { dealer, recipient }: { readonly dealer: number; readonly recipient: number },
  subShare: Uint8Array | undefined,
  seed: Uint8Array | undefined,
): Uint8Array {
  const member = terms.members[recipient - 1];
  demand(
    member !== undefined && subShare !== undefined && seed !== undefined,
    'DEALING',
    'no such recipient',
  );
  const context = { info: subShareInfo(terms, dealer, recipient), aad: termsHash(terms) };
  return hpkeSealWithSeed(decodeBase64url(member.encryptionKey, 32), context, subShare, seed);
}
