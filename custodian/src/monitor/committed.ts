// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  type Intent,
  type IntentId,
  type ReleaseContext,
  type ReleaseRequest,
} from '@tutela/chaincode/domain';
import { waitUntil } from '../freshness/wait-until.js';
import { isValidIn, type Chain } from '../ledger/chain.js';
import type { Block, Ledger } from '../ledger/ledger.js';
import { decodeContext } from './decode-context.js';
import { heldAt, readAhead } from './read-ahead.js';
import type { Readings } from './readings.js';

type Own = Readonly<{ chain: Chain; ledger: Ledger }>;
type Awaiting = Own & Readonly<{ patienceMs: number }>;

/**
 * The intent that a hospital whose readings are given asks about, when the own peer has it. A gateway may ask before:
 * then its block is awaited for `patienceMs`. If the gateway said what it had ordered, that is read ahead meanwhile, and
 * `meanwhile` takes from it. Throws INTENT_UNCOMMITTED when the intent is not there.
 */
export async function awaitedIntent(
  own: Awaiting,
  readings: Readings,
  { intentId, ordered }: ReleaseRequest,
  meanwhile: (context: ReleaseContext) => Promise<void>,
): Promise<Intent> {
  const read = (): Promise<Intent> =>
    readings.turns.take(async () => (await readCommitted(own, readings, intentId)).intent);
  const isOnItsWay = ordered?.intentId === intentId && !own.chain.hasIntent(intentId);
  if (isOnItsWay && (await readings.ahead(intentId, () => readAhead(own, ordered), meanwhile)))
    await arrival(own, intentId);
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'NOT_FOUND') throw error;
  }
  await arrival(own, intentId);
  return read();
}

/** What the own peer's current state says of an intent that it has, within a turn of the hospital whose readings are given. */
export async function readCommitted(
  { chain, ledger }: Own,
  readings: Readings,
  intentId: IntentId,
): Promise<ReleaseContext> {
  const { context } = await readings.read(intentId, {
    heldAt: (read) => heldAt(chain, read),
    ask: async () => {
      const height = chain.head?.number ?? 0;
      const answer = await ledger.evaluate('access:GetReleaseContext', { intentId });
      return { context: decodeContext(answer), height };
    },
  });
  return context;
}

/** Waits for the block of an intent; throws INTENT_UNCOMMITTED. */
async function arrival({ chain, patienceMs }: Awaiting, intentId: string): Promise<void> {
  const arrived = await waitUntil(
    () => chain.hasIntent(intentId),
    (listener) => chain.onBlock(listener),
    patienceMs,
  );
  if (!arrived) throw new DomainError('INTENT_UNCOMMITTED', 'the own peer does not have the intent');
}

/** Where the own peer committed a transaction as valid; throws INTENT_UNCOMMITTED. */
export async function committedHeight({ chain, ledger }: Own, txId: string): Promise<number> {
  const height = chain.heightOf(txId) ?? (await blockWith(ledger, txId))?.number;
  if (height === undefined)
    throw new DomainError('INTENT_UNCOMMITTED', 'the own peer does not have the intent');
  return height;
}

/** The height at which the own peer has a transaction as valid, on the chain that the others' heads are compared with. */
export async function heightOf({ chain, ledger }: Own, txId: string): Promise<number | undefined> {
  const known = chain.heightOf(txId);
  if (known !== undefined) return known;
  const block = await blockWith(ledger, txId);
  if (block === undefined) return undefined;
  return (chain.hashAt(block.number) ?? block.hash) === block.hash ? block.number : undefined;
}

/** The own peer's block that has a transaction as valid. */
async function blockWith(ledger: Ledger, txId: string): Promise<Block | undefined> {
  const block = await ledger.blockOf(txId);
  return isValidIn(block, txId) ? block : undefined;
}
