// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, DomainError, MAX_GRANTS, type SignedConsent } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Committed, Ledger } from '../ledger/ledger.js';

/** Submits one new consent, alone or with others; throws what it alone would have met. */
export type GrantConsent = (actor: Actor, consent: SignedConsent) => Promise<Committed<object>>;

/** How long a grant waits for the one before it, in milliseconds; then it no longer waits for company either. */
const MAX_WAIT_MS = 500;

type Submit = Pick<Ledger, 'submit'>;
type Waiting = Readonly<{
  consent: SignedConsent;
  settle: (outcome: Promise<Committed<object>>) => void;
}>;

/**
 * Grants that one person carries at the same time share transactions: the first starts at once, what arrives while it
 * is under way goes together. A transaction has one signer, so nobody's grants travel under another's name.
 */
export function grantTogether(ledger: Submit): GrantConsent {
  const queues = new Map<string, GrantQueue>();
  return (actor, consent) => {
    const signer = canonicalJson(actor);
    const queue = queues.get(signer) ?? new GrantQueue(ledger, actor, () => queues.delete(signer));
    queues.set(signer, queue);
    return queue.add(consent);
  };
}

/** The grants of one signer; calls `idle` when nothing waits and nothing is under way. */
class GrantQueue {
  readonly #ledger: Submit;
  readonly #actor: Actor;
  readonly #idle: () => void;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #alarm: NodeJS.Timeout | undefined;

  constructor(ledger: Submit, actor: Actor, idle: () => void) {
    this.#ledger = ledger;
    this.#actor = actor;
    this.#idle = idle;
  }

  add(consent: SignedConsent): Promise<Committed<object>> {
    return new Promise((resolve) => {
      this.#waiting.push({ consent, settle: resolve });
      if (this.#underWay === 0 || this.#waiting.length === MAX_GRANTS) this.#start();
      else
        this.#alarm ??= setTimeout(() => {
          this.#start();
        }, MAX_WAIT_MS);
    });
  }

  #start(): void {
    clearTimeout(this.#alarm);
    this.#alarm = undefined;
    const batch = this.#waiting.splice(0, MAX_GRANTS);
    if (batch.length === 0) return;
    this.#underWay += 1;
    void this.#submit(batch).finally(() => {
      this.#underWay -= 1;
      this.#start();
      if (this.#underWay === 0) this.#idle();
    });
  }

  /** Ends when the batch is decided; grants that are then tried alone hold nobody up. */
  async #submit(batch: readonly Waiting[]): Promise<void> {
    const [first, ...others] = batch;
    if (first === undefined) return;
    if (others.length === 0) {
      const alone = this.#alone(first.consent);
      first.settle(alone);
      await alone.catch(() => undefined);
      return;
    }
    const together = this.#together(batch);
    const isDecided = await together.then(
      () => true,
      (error: unknown) => error instanceof DomainError && error.code === 'COMMIT_UNKNOWN',
    );
    // One bad consent, or one patient's home that is away, is no reason to refuse the others.
    for (const { consent, settle } of batch) settle(isDecided ? together : this.#alone(consent));
  }

  #alone(consent: SignedConsent): Promise<Committed<object>> {
    return this.#ledger.submit(this.#actor, 'consent:Grant', consent);
  }

  #together(batch: readonly Waiting[]): Promise<Committed<object>> {
    const consents = batch.map(({ consent }) => consent);
    return this.#ledger.submit(this.#actor, 'consent:GrantMany', { consents });
  }
}
