// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { tagged } from '../../domain/codec.js';
import type { CustodianSet } from '../../domain/custody.js';
import {
  ACKNOWLEDGEMENT_PREFIX,
  custodianOf,
  degradedRequestHash,
  membersAmong,
  type DegradedRelease,
  type SignedAcknowledgement,
} from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { isSignedByCustodian } from '../../state/custodian-keys.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';
import { custodiansInForce } from './custodians-in-force.js';

/**
 * A request, the given acknowledgements of it that are signed, the hospitals whose custodians acknowledged it, whether
 * these are enough of a set that counts for it, and if not, whether they are enough of a set that no longer counts.
 */
export type Attested = Readonly<{
  requestHash: string;
  signed: readonly SignedAcknowledgement[];
  acknowledgedBy: readonly MspId[];
  isEnough: boolean;
  isTooLate: boolean;
}>;

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
  const [{ counting, past }, entries] = await Promise.all([
    custodiansInForce(reader, declaredAt),
    list(reader, keys.degradedEntry(requestHash)),
  ]);
  const signed: SignedAcknowledgement[] = [];
  for (const one of acknowledgements) if (await isOf(reader, requestHash, one)) signed.push(one);
  const all = [...new Set([...signed.map(custodianOf), ...entries.map(({ mspId }) => mspId)])].sort();
  const isEnough = counting.some((set) => hasEnough(set, all));
  const isTooLate = !isEnough && past.some((set) => hasEnough(set, all));
  return { requestHash, signed, acknowledgedBy: all, isEnough, isTooLate };
}

/** Whether an acknowledgement is about this request and truly the custodian's. */
async function isOf(
  reader: Reader,
  requestHash: string,
  { acknowledgement, signature }: SignedAcknowledgement,
): Promise<boolean> {
  if (acknowledgement.channel !== reader.channel || acknowledgement.requestHash !== requestHash) return false;
  const bytes = tagged(ACKNOWLEDGEMENT_PREFIX, acknowledgement);
  return isSignedByCustodian(reader, acknowledgement.mspId, { bytes, signature });
}

function hasEnough(set: CustodianSet, all: readonly MspId[]): boolean {
  return membersAmong(set, all).length >= set.threshold;
}
