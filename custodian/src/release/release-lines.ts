// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { CLOCK_SKEW_MS, DomainError, INTENT_LIFETIME_MS } from '@tutela/chaincode/domain';
import { ByHospital } from '../by-hospital.js';
import type { Clock } from '../clock.js';
import { isWrittenDown } from '../journal/doubling.js';
import type { JournalFacts } from '../journal/entry.js';
import type { Journal } from '../journal/journal.js';

/** After so long an intent can neither be released nor refused under its own name. */
const KEPT_MS = INTENT_LIFETIME_MS + CLOCK_SKEW_MS;
/** Most intents of one hospital that are answered within that time. */
export const MAX_LIVE_INTENTS = 50_000;
/** Most different answers to one intent: holds, revocations and refreshes may change it a few times. */
export const MAX_ANSWERS = 16;

type Answer = { count: number; readonly written: Promise<string> };
type Known = Readonly<{ answers: Map<string, Answer>; keptUntil: number }>;

/**
 * Writes down what was answered to an intent: a line for each segment once, and for the same answer again a line with
 * the count whenever that has doubled. So a hospital's lines are bounded by its intents on the ledger, however often
 * it asks; beyond {@link MAX_LIVE_INTENTS} its own further intents are refused, no other's.
 */
export class ReleaseLines {
  readonly #journal: Pick<Journal, 'append' | 'head'>;
  readonly #clock: Clock;
  readonly #known = new ByHospital(() => new Map<string, Known>());

  constructor({ journal, clock }: Readonly<{ journal: Pick<Journal, 'append' | 'head'>; clock: Clock }>) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** The journal's head once it has the lines; throws RATE_LIMITED. */
  async write(hospital: string, intentId: string, lines: readonly JournalFacts[]): Promise<string> {
    const answers = this.#answersTo(hospital, intentId);
    const name = createHash('sha256').update(JSON.stringify(lines)).digest('base64url');
    const known = answers.get(name);
    if (known === undefined) return this.#writeFirst(answers, name, lines);
    known.count += 1;
    const [first] = lines;
    if (first !== undefined && isWrittenDown(known.count))
      return this.#journal.append([repetition(first, lines, known.count)]);
    await known.written;
    return this.#journal.head;
  }

  async #writeFirst(
    answers: Map<string, Answer>,
    name: string,
    lines: readonly JournalFacts[],
  ): Promise<string> {
    if (answers.size >= MAX_ANSWERS)
      throw new DomainError('RATE_LIMITED', 'the answer to this intent has changed too often; declare anew');
    const written = this.#journal.append(lines);
    answers.set(name, { count: 1, written });
    try {
      return await written;
    } catch (error) {
      answers.delete(name);
      throw error;
    }
  }

  #answersTo(hospital: string, intentId: string): Map<string, Answer> {
    const intents = this.#known.of(hospital);
    const now = this.#clock();
    // Insertion follows time, so that those kept longest stand first.
    for (const [one, { keptUntil }] of intents) {
      if (keptUntil > now) break;
      intents.delete(one);
    }
    const known = intents.get(intentId);
    if (known !== undefined) return known.answers;
    if (intents.size >= MAX_LIVE_INTENTS)
      throw new DomainError('RATE_LIMITED', 'too many intents of this hospital are open; wait some minutes');
    const answers = new Map<string, Answer>();
    intents.set(intentId, { answers, keptUntil: now + KEPT_MS });
    return answers;
  }
}

function repetition(
  { decision, code, requestHash, intentId, requester, emergencyId }: JournalFacts,
  lines: readonly JournalFacts[],
  count: number,
): JournalFacts {
  const isPermit = lines.some((line) => line.decision === 'permit');
  return {
    kind: 'release-repeated',
    decision: isPermit ? 'permit' : decision,
    ...(isPermit ? {} : { code }),
    requestHash,
    intentId,
    requester,
    count,
    ...(emergencyId !== undefined && { emergencyId }),
  };
}
