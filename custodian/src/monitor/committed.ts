// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ReleaseContext, type ReleaseRequest } from '@tutela/chaincode/domain';
import { waitUntil } from '../freshness/wait-until.js';
import type { Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import { decodeContext } from './decode-context.js';
import { isAsClaimed, readAhead, type ContextRead } from './read-ahead.js';

type Own = Readonly<{ chain: Chain; ledger: Ledger }>;

/**
 * What the own peer's current state says of an intent. A gateway may ask before the own peer has the block: then the
 * block is awaited for `patienceMs`. If it said what it had ordered, that was read ahead meanwhile, and is taken if
 * that is what came, `meanwhile` having had it first; else the question is put once more. Throws INTENT_UNCOMMITTED
 * when the intent is not there.
 */
export async function readReleaseContext(
  { chain, ledger, patienceMs }: Own & Readonly<{ patienceMs: number }>,
  { intentId, ordered }: ReleaseRequest,
  meanwhile: (context: ReleaseContext) => void,
): Promise<ContextRead> {
  const ask = async (): Promise<ContextRead> => {
    const height = chain.head?.number ?? 0;
    const answer = await ledger.evaluate('access:GetReleaseContext', { intentId });
    return { context: decodeContext(answer), height };
  };
  const ahead =
    ordered && !chain.hasIntent(intentId) ? await readAhead({ chain, ledger }, ordered) : undefined;
  if (ahead === undefined) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'NOT_FOUND') throw error;
    }
  }
  if (ahead !== undefined) meanwhile(ahead.context);
  const arrived = await waitUntil(
    () => chain.hasIntent(intentId),
    (listener) => chain.onBlock(listener),
    patienceMs,
  );
  if (!arrived) throw new DomainError('INTENT_UNCOMMITTED', 'the own peer does not have the intent');
  return ahead !== undefined && ordered !== undefined && isAsClaimed(chain, ordered) ? ahead : ask();
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
