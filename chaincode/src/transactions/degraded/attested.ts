// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { tagged } from '../../domain/codec.js';
import type { CustodianSet } from '../../domain/custody.js';
import {
  ACKNOWLEDGEMENT_PREFIX,
  degradedRequestHash,
  membersAmong,
  type DegradedRelease,
  type SignedAcknowledgement,
} from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import type { CustodianKey } from '../../domain/registry.js';
import { custodianKeys, isSignedByCustodian } from '../../state/custodian-keys.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';
import { custodiansInForce } from './custodians-in-force.js';

/** A request, the hospitals whose custodians truly acknowledged it, and whether they are enough of the set in force. */
export type Attested = Readonly<{ requestHash: string; acknowledgedBy: readonly MspId[]; isEnough: boolean }>;

/**
 * Counts the acknowledgements of a request: those given that their custodian signed, and those in entries that stand
 * on the ledger already. One that is not signed is left out; it takes nothing from the others.
 */
export async function attested(
  reader: Reader,
  { request, acknowledgements }: DegradedRelease,
): Promise<Attested> {
  const { channel, declaredAt } = request.statement;
  if (channel !== reader.channel) throw new DomainError('BAD_REQUEST', 'the request is of another channel');
  const requestHash = degradedRequestHash(request, sha256);
  const [sets, entries] = await Promise.all([
    custodiansInForce(reader, declaredAt),
    list(reader, keys.degradedEntry(requestHash)),
  ]);
  const signed: MspId[] = [];
  for (const one of acknowledgements) {
    const { mspId } = one.acknowledgement;
    // Under any key that it ever registered, as it is convicted: changing the key takes no word back.
    const known = await custodianKeys(reader, mspId);
    if (isAcknowledgedBy(known, { channel, requestHash }, one)) signed.push(mspId);
  }
  const all = [...new Set([...signed, ...entries.map(({ mspId }) => mspId)])].sort();
  return { requestHash, acknowledgedBy: all, isEnough: sets.some((set) => hasEnough(set, all)) };
}

/** Whether an acknowledgement is about this request and signed with one of the keys. */
export function isAcknowledgedBy(
  known: readonly CustodianKey[],
  { channel, requestHash }: Readonly<{ channel: string; requestHash: string }>,
  { acknowledgement, signature }: SignedAcknowledgement,
): boolean {
  return (
    acknowledgement.channel === channel &&
    acknowledgement.requestHash === requestHash &&
    isSignedByCustodian(known, tagged(ACKNOWLEDGEMENT_PREFIX, acknowledgement), signature)
  );
}

function hasEnough(set: CustodianSet, all: readonly MspId[]): boolean {
  return membersAmong(set, all).length >= set.threshold;
}
