// SPDX-License-Identifier: Apache-2.0
import type { CustodianSet } from './custody.js';
import { integer, object, text, type Decoded } from './decode.js';
import { bytes32, txId, type Handle, type MspId, type RecordId, type TxId } from './ids.js';
import { later, type Instant } from './time.js';

/** Arguments of `custody:Sight`: the custodian saw this transaction, with this answer, in a valid block of its own peer. */
export const sightAct = object({ act: txId, answerHash: bytes32 });
export type SightAct = Decoded<typeof sightAct>;

/** Arguments of `custody:ListPendingActs`: one page. */
export const listPendingActs = object({}, { pageSize: integer(1, 200), bookmark: text(1024) });

/** What an act whose public delay is not over is about, and whose hospital carries it to its end. */
export type PendingSubject =
  | Readonly<{ kind: 'key-rotation'; mspId: MspId; handle: Handle }>
  | Readonly<{ kind: 'retirement'; mspId: MspId; recordId: RecordId; version: number }>;

/** An act that has its effect only after a delay in public: the transaction, and the SHA-256 of its answer, base64url. */
export type PendingAct = Readonly<{
  v: 1;
  act: TxId;
  answerHash: string;
  delayMs: number;
  about: PendingSubject;
}>;

/** That one hospital's custodian has seen a pending act in a block. */
export type Sighting = Readonly<SightAct & { v: 1; mspId: MspId; at: Instant; txId: TxId }>;

/** Which members have seen an act, and when its delay is over; no such time before enough have seen it. */
export type PublicDelay = Readonly<{ seenBy: readonly MspId[]; dueAt?: Instant }>;
export type PendingActView = PendingAct & PublicDelay;
export type PendingActPage = Readonly<{ acts: readonly PendingActView[]; bookmark?: string }>;

/**
 * The delay runs from the sighting that makes the seeing members as many as open a record: of t hospitals at least one
 * is honest, so no fewer can move its beginning, and an act that is withheld from the blocks begins no delay.
 */
export function publicDelay(
  { answerHash, delayMs }: Pick<PendingAct, 'answerHash' | 'delayMs'>,
  sightings: readonly Sighting[],
  { members, threshold }: Pick<CustodianSet, 'members' | 'threshold'>,
): PublicDelay {
  const counted = sightings
    .filter((one) => one.answerHash === answerHash && members.some(({ mspId }) => mspId === one.mspId))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
  const seenBy = counted.map(({ mspId }) => mspId).sort();
  const decisive = counted[threshold - 1];
  return decisive === undefined ? { seenBy } : { seenBy, dueAt: later(decisive.at, delayMs) };
}
