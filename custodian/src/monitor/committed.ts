// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ReleaseContext, type ReleaseRequest } from '@tutela/chaincode/domain';
import { waitUntil } from '../freshness/wait-until.js';
import type { Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import { decodeContext } from './decode-context.js';
import { heldAt, isAsClaimed, readAhead, type ContextRead } from './read-ahead.js';
import type { Readings } from './readings.js';

type Own = Readonly<{ chain: Chain; ledger: Ledger }>;
type Reading = Own & Readonly<{ patienceMs: number; readings: Readings }>;
type Meanwhile = (context: ReleaseContext) => Promise<void>;

/**
 * What the own peer's current state says of an intent, for the hospital whose readings are given. A gateway may ask
 * before the own peer has the block: then the block is awaited for `patienceMs`. If it said what it had ordered, that
 * was read ahead meanwhile, and is taken if that is what came, `meanwhile` having had it first; else the question is
 * put once more. Throws INTENT_UNCOMMITTED when the intent is not there.
 */
export async function readReleaseContext(
  reading: Reading,
  { intentId, ordered }: ReleaseRequest,
  meanwhile: Meanwhile,
): Promise<ContextRead> {
  if (ordered?.intentId !== intentId || reading.chain.hasIntent(intentId))
    return readCommitted(reading, intentId);
  return reading.readings.ahead(
    intentId,
    () => readAhead(reading, ordered),
    async (ahead) => {
      if (ahead === undefined) return readCommitted(reading, intentId);
      await meanwhile(ahead.context);
      await arrival(reading, intentId);
      return isAsClaimed(reading.chain, ordered)
        ? reading.readings.keep(intentId, ahead)
        : ask(reading, intentId);
    },
  );
}

async function readCommitted(reading: Reading, intentId: string): Promise<ContextRead> {
  try {
    return await ask(reading, intentId);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'NOT_FOUND') throw error;
  }
  await arrival(reading, intentId);
  return ask(reading, intentId);
}

function ask({ chain, ledger, readings }: Reading, intentId: string): Promise<ContextRead> {
  return readings.read(intentId, {
    heldAt: (read) => heldAt(chain, read),
    ask: async () => {
      const height = chain.head?.number ?? 0;
      const answer = await ledger.evaluate('access:GetReleaseContext', { intentId });
      return { context: decodeContext(answer), height };
    },
  });
}

/** Waits for the block of an intent; throws INTENT_UNCOMMITTED. */
async function arrival({ chain, patienceMs }: Reading, intentId: string): Promise<void> {
  const arrived = await waitUntil(
    () => chain.hasIntent(intentId),
    (listener) => chain.onBlock(listener),
    patienceMs,
  );
  if (!arrived) throw new DomainError('INTENT_UNCOMMITTED', 'the own peer does not have the intent');
}

/** Where the own peer committed a transaction as valid; throws INTENT_UNCOMMITTED. */
export async function committedHeight({ chain, ledger }: Own, txId: string): Promise<number> {
  const height = chain.heightOf(txId) ?? (await heightOnPeer(ledger, txId));
  if (height === undefined)
    throw new DomainError('INTENT_UNCOMMITTED', 'the own peer does not have the intent');
  return height;
}

async function heightOnPeer(ledger: Ledger, txId: string): Promise<number | undefined> {
  const block = await ledger.blockOf(txId);
  return block?.transactions.some((one) => one.txId === txId && one.valid) ? block.number : undefined;
}
