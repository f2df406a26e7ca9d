// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { entriesOf, type Chain } from '../ledger/chain.js';
import { pause } from '../ledger/follow.js';
import type { Block, BlockTransaction, Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const PAGE = 200;
/** Most pages that one round reads; what is beyond them is seen in later rounds. */
const MAX_PAGES = 50;
/** Acts that begin a public delay. */
const DELAYED_ACTS: readonly string[] = ['key-rotation-approved', 'record-retirement-ordered'];

const page = z.looseObject({
  acts: z
    .array(z.looseObject({ act: z.string(), answerHash: z.string(), seenBy: z.array(z.string()) }))
    .max(PAGE),
  bookmark: z.string().optional(),
});
type Pending = z.infer<typeof page>['acts'][number];

type Parts = Readonly<{ ledger: Ledger; chain: Chain; log: Log }>;

/**
 * Until the signal: says on the ledger which acts with a public delay this custodian has seen in a block of its own
 * peer. What waits is asked of that peer, at start too, so that nothing is lost by a restart; each is said once.
 */
export async function sightActs(parts: Parts, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let wake = new AbortController();
  const stop = parts.chain.onBlock((block) => {
    if (entriesOf(block).some(({ act }) => DELAYED_ACTS.includes(act))) wake.abort();
  });
  signal.addEventListener('abort', stop, { once: true });
  while (!signal.aborted) {
    wake = new AbortController();
    const code = await sightPending(parts, signal);
    if (code !== undefined) parts.log.warn({ code, pauseMs }, 'an act was not reported as seen yet');
    await pause(code === undefined ? LONGEST_PAUSE_MS : pauseMs, AbortSignal.any([signal, wake.signal]));
    pauseMs = code === undefined ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** Reports everything that this hospital has not reported; the code of the first failure if some must be tried again. */
async function sightPending(parts: Parts, signal: AbortSignal): Promise<string | undefined> {
  try {
    const failed: string[] = [];
    for (const one of await pendingActs(parts.ledger)) {
      if (signal.aborted) return undefined;
      const code = await sightOne(parts, one);
      if (code !== undefined) failed.push(code);
    }
    return failed[0];
  } catch (error) {
    return failureCode(error);
  }
}

async function pendingActs(ledger: Ledger): Promise<readonly Pending[]> {
  const found: Pending[] = [];
  let bookmark: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const request = { pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
    const answer = page.parse(await ledger.evaluate('custody:ListPendingActs', request));
    found.push(...answer.acts.filter(({ seenBy }) => !seenBy.includes(ledger.mspId)));
    bookmark = answer.bookmark;
    if (bookmark === undefined) break;
  }
  return found;
}

/** Reports one act if a valid transaction of the own peer's chain has exactly this answer; a code if it must be tried again. */
async function sightOne(
  { ledger, chain, log }: Parts,
  { act, answerHash }: Pending,
): Promise<string | undefined> {
  try {
    const seen = transactionIn(await blockOf({ ledger, chain }, act), act);
    if (seen?.answerHash !== answerHash) return 'NOT_FOUND';
    await ledger.submit('custody:Sight', { act, answerHash });
    log.info({ act }, 'an act with a public delay was seen in a block');
    return undefined;
  } catch (error) {
    const isDone = error instanceof DomainError && ['ALREADY_EXISTS', 'NOT_FOUND'].includes(error.code);
    return isDone ? undefined : failureCode(error);
  }
}

async function blockOf({ ledger, chain }: Omit<Parts, 'log'>, act: string): Promise<Block | undefined> {
  const height = chain.heightOf(act);
  return (height === undefined ? undefined : chain.blockAt(height)) ?? (await ledger.blockOf(act));
}

function transactionIn(block: Block | undefined, act: string): BlockTransaction | undefined {
  return block?.transactions.find(({ txId, valid }) => valid && txId === act);
}
