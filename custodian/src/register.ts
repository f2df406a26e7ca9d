// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { Identity } from './identity.js';
import { waitUntil } from './freshness/wait-until.js';
import type { Chain } from './ledger/chain.js';
import type { Ledger } from './ledger/ledger.js';
import { failureCode, type Log } from './log.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

type Registration = Readonly<{ ledger: Ledger; chain: Chain; identity: Identity; url: string; log: Log }>;

/**
 * Puts this custodian's address and key on the ledger, as often as it takes: at the first start the hospital itself
 * may not be registered yet.
 */
export async function registerSelf(
  { ledger, chain, identity, url, log }: Registration,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await ledger.submit('registry:RegisterCustodian', { url, publicKey: identity.publicKey });
      log.info({ url }, 'the custodian is registered');
      return;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'ALREADY_EXISTS') return;
      log.warn({ code: failureCode(error), pauseMs }, 'the custodian is not registered yet');
    }
    await nextChance(chain, pauseMs, signal);
  }
}

/** The next block may be the one that registers the hospital; without one, a longer pause each time. */
async function nextChance(chain: Chain, pauseMs: number, signal: AbortSignal): Promise<void> {
  const height = chain.head?.number;
  const changes = (listener: () => void): (() => void) => {
    const stop = chain.onBlock(listener);
    signal.addEventListener('abort', listener, { once: true });
    return () => {
      stop();
      signal.removeEventListener('abort', listener);
    };
  };
  await waitUntil(() => signal.aborted || chain.head?.number !== height, changes, pauseMs);
}
