// SPDX-License-Identifier: Apache-2.0
import { CryptoError } from '../errors.js';
import { listUpTo, orNull, readCount, readObject, textUpTo } from '../shape.js';
import type { Complaint } from './complaint-claim.js';
import type { DealerSecret } from './dealer-secret.js';
import type { Dealing } from './dealing.js';
import type { Reveal } from './reveal.js';
import {
  type CeremonyMember,
  type CeremonyTerms,
  demandTerms,
  MAX_MEMBERS,
  type PreviousEpoch,
} from './terms.js';

const name = textUpTo(128);
const bytesText = textUpTo(128);
const bytesTexts = listUpTo(MAX_MEMBERS, bytesText);

/** Reads and checks ceremony terms from decoded JSON; unknown fields, versions and sizes are refused. */
export function parseCeremonyTerms(value: unknown): CeremonyTerms {
  const terms = readObject<CeremonyTerms>(value, {
    v: readCount,
    suite: readCount,
    ceremonyId: name,
    epoch: readCount,
    threshold: readCount,
    members: listUpTo(MAX_MEMBERS, readMember),
    previous: orNull(readPrevious),
  });
  demandTerms(terms);
  return terms;
}

/** Reads a dealing from decoded JSON; its content is checked by `verifyDealing`. */
export function parseDealing(value: unknown): Dealing {
  return readObject<Dealing>(value, {
    v: readCount,
    suite: readCount,
    ceremonyId: name,
    dealer: readCount,
    commitments: bytesTexts,
    proof: bytesText,
    sealed: bytesTexts,
  });
}

/** Reads a complaint from decoded JSON; it is decided by `judgeComplaint`. */
export function parseComplaint(value: unknown): Complaint {
  return readObject<Complaint>(value, {
    v: readCount,
    suite: readCount,
    ceremonyId: name,
    dealer: readCount,
    complainer: readCount,
    reason: readReason,
  });
}

/** Reads a dealer's answer to a complaint from decoded JSON. */
export function parseReveal(value: unknown): Reveal {
  return readObject<Reveal>(value, {
    ceremonyId: name,
    dealer: readCount,
    recipient: readCount,
    subShare: bytesText,
    sealSeed: bytesText,
  });
}

/** Reads a dealer's stored secret from decoded JSON. */
export function parseDealerSecret(value: unknown): DealerSecret {
  return readObject<DealerSecret>(value, {
    ceremonyId: name,
    dealer: readCount,
    subShares: bytesTexts,
    sealSeeds: bytesTexts,
  });
}

function readMember(value: unknown): CeremonyMember {
  return readObject<CeremonyMember>(value, { id: name, encryptionKey: bytesText });
}

function readPrevious(value: unknown): PreviousEpoch {
  return readObject<PreviousEpoch>(value, {
    epoch: readCount,
    threshold: readCount,
    publicKey: bytesText,
    verificationKeys: bytesTexts,
    dealers: listUpTo(MAX_MEMBERS, readCount),
  });
}

function readReason(value: unknown): Complaint['reason'] {
  if (value === 'does-not-open' || value === 'does-not-fit') return value;
  throw new CryptoError('ENCODING', 'not a reason to complain');
}
