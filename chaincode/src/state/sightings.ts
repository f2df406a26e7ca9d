// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { toBase64Url } from '../domain/codec.js';
import { DomainError } from '../domain/errors.js';
import type { TxId } from '../domain/ids.js';
import { publicDelay, type PendingAct, type PublicDelay } from '../domain/sighting.js';
import { keys } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { encodeStored, list, read, remove, write } from './store.js';

/** Begins the public delay of the running transaction, whose answer is what the hospitals are to see in its block. */
export async function beginDelay(
  ledger: Ledger,
  { answer, delayMs, about }: Pick<PendingAct, 'delayMs' | 'about'> & Readonly<{ answer: object }>,
): Promise<void> {
  const { txId: act } = ledger;
  await write(ledger, keys.pendingAct(act), { v: 1, act, answerHash: hashOf(answer), delayMs, about });
}

/** The act is completed or cancelled: nothing waits for its delay any more. Who saw it stays on the ledger. */
export async function endDelay(ledger: Ledger, act: TxId): Promise<void> {
  await remove(ledger, keys.pendingAct(act));
}

/** Throws FORBIDDEN_TRANSITION unless the delay of this very act, with this very answer, is over. */
export async function requireDelayOver(reader: Reader, act: TxId, answer: object): Promise<void> {
  const pending = await read(reader, keys.pendingAct(act));
  if (pending?.answerHash !== hashOf(answer))
    throw new DomainError('FORBIDDEN_TRANSITION', 'this act is not waiting for its delay');
  const { dueAt } = await delayOf(reader, pending);
  if (dueAt === undefined)
    throw new DomainError(
      'FORBIDDEN_TRANSITION',
      'too few hospitals have seen this yet; its delay has not begun',
    );
  if (reader.now < dueAt)
    throw new DomainError('FORBIDDEN_TRANSITION', `objections are taken until ${dueAt}`);
}

/** Which of the present custodians have seen a pending act, and when its delay is over. */
export async function delayOf(reader: Reader, pending: PendingAct): Promise<PublicDelay> {
  const [sightings, custodians] = await Promise.all([
    list(reader, keys.sighting(pending.act)),
    read(reader, keys.custodians()),
  ]);
  return custodians === undefined ? { seenBy: [] } : publicDelay(pending, sightings, custodians);
}

/** As {@link delayOf}, by the act's transaction; nothing once it has ended. */
export async function delayOfAct(reader: Reader, act: TxId): Promise<PublicDelay | undefined> {
  const pending = await read(reader, keys.pendingAct(act));
  return pending && delayOf(reader, pending);
}

/** SHA-256 of an answer as it stands in the transaction's block, base64url. */
function hashOf(answer: object): string {
  return toBase64Url(sha256(encodeStored(answer)));
}
