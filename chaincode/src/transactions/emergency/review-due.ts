// SPDX-License-Identifier: Apache-2.0
import { LONE_REVIEW_DUE_MS, type Emergency } from '../../domain/emergency.js';
import { later, type Instant } from '../../domain/time.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { inactiveSince } from '../../state/practitioners.js';
import { read } from '../../state/store.js';

/**
 * When the review of an emergency is due. Once the co-signer may act no more the requester acted alone, and is reviewed
 * as soon; but not sooner than a day after that, or a hostile co-signer could make another's review overdue by leaving.
 */
export async function reviewDueAt(
  reader: Reader,
  { requester, cosigner, degradedRequest, reviewDueAt: agreed }: Emergency,
): Promise<Instant> {
  if (cosigner === undefined || degradedRequest !== undefined) return agreed;
  const person = await read(reader, keys.practitioner(cosigner.mspId, cosigner.practitionerId));
  const left = person && (await inactiveSince(reader, person));
  if (left === undefined) return agreed;
  const alone = later(left > requester.at ? left : requester.at, LONE_REVIEW_DUE_MS);
  return alone < agreed ? alone : agreed;
}

/** The emergency with that date. */
export async function withReviewDue(reader: Reader, emergency: Emergency): Promise<Emergency> {
  return { ...emergency, reviewDueAt: await reviewDueAt(reader, emergency) };
}
