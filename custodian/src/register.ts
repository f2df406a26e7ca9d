// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { Identity } from './identity.js';
import { pause } from './ledger/follow.js';
import type { Ledger } from './ledger/ledger.js';
import { failureCode, type Log } from './log.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Puts this custodian's address and key on the ledger, as often as it takes: at the first start the hospital itself
 * may not be registered yet.
 */
export async function registerSelf(
  { ledger, identity, url, log }: Readonly<{ ledger: Ledger; identity: Identity; url: string; log: Log }>,
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
    await pause(pauseMs, signal);
  }
}
