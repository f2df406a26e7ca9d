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
/** Most pages that one round reads; the next one goes on there, so that no number of acts hides what stands behind. */
const MAX_PAGES = 50;
/** Most acts of one hospital that one round reports, beside those of each other hospital. */
export const MAX_OF_A_HOSPITAL = 16;
/** Acts that begin a public delay. */
const DELAYED_ACTS: readonly string[] = ['key-rotation-approved', 'record-retirement-ordered'];

const page = z.looseObject({
  acts: z
    .array(
      z.looseObject({
        act: z.string(),
        answerHash: z.string(),
        seenBy: z.array(z.string()),
        about: z.looseObject({ mspId: z.string() }),
      }),
    )
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
  let from: string | undefined;
  while (!signal.aborted) {
    wake = new AbortController();
    const { code, next, isCut = false } = await sightPending(parts, from, signal);
    from = next;
    if (code !== undefined) parts.log.warn({ code, pauseMs }, 'an act was not reported as seen yet');
    const isDone = code === undefined && next === undefined && !isCut;
    await pause(isDone ? LONGEST_PAUSE_MS : pauseMs, AbortSignal.any([signal, wake.signal]));
    pauseMs = code === undefined ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** The code of the first failure if something must be tried again, where the next round goes on, and whether acts were left out. */
type Round = Readonly<{ code?: string | undefined; next?: string | undefined; isCut?: boolean }>;

/**
 * Reports what this hospital has not reported, from a place in the list on: some of each hospital's acts, so that
 * however many one has, those of another wait for none of them.
 */
async function sightPending(parts: Parts, from: string | undefined, signal: AbortSignal): Promise<Round> {
  try {
    const { acts, next } = await pendingActs(parts.ledger, from);
    const byHospital = [...Map.groupBy(acts, ({ about }) => about.mspId).values()];
    const codes = await Promise.all(byHospital.map((some) => sightSome(parts, some, signal)));
    const isCut = byHospital.some(({ length }) => length > MAX_OF_A_HOSPITAL);
    return { code: codes.find((code) => code !== undefined), next, isCut };
  } catch (error) {
    return { code: failureCode(error) };
  }
}

/** Reports the first acts of one hospital, one after another; the code of the first failure. */
async function sightSome(
  parts: Parts,
  acts: readonly Pending[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const failed: string[] = [];
  for (const one of acts.slice(0, MAX_OF_A_HOSPITAL)) {
    if (signal.aborted) break;
    const code = await sightOne(parts, one);
    if (code !== undefined) failed.push(code);
  }
  return failed[0];
}

async function pendingActs(
  ledger: Ledger,
  from: string | undefined,
): Promise<Readonly<{ acts: readonly Pending[]; next: string | undefined }>> {
  const found: Pending[] = [];
  let bookmark = from;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const request = { pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
    const answer = page.parse(await ledger.evaluate('custody:ListPendingActs', request));
    found.push(...answer.acts.filter(({ seenBy }) => !seenBy.includes(ledger.mspId)));
    bookmark = answer.bookmark;
    if (bookmark === undefined) break;
  }
  return { acts: found, next: bookmark };
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
