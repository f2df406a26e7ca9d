// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';

/** How many pieces of work for one hospital are done at a time. */
const AT_A_TIME = 4;
/** After each piece of work, before the next one for the same hospital, in milliseconds. */
const PAUSE_MS = 100;

type Work = () => Promise<void>;
type Queue = { readonly waiting: Map<object, Work>; running: number };

/** Whose holds the work is on, and, where it asks another custodian, of which hospital that is. */
export type Hospitals = readonly [holdsOf: string, asked?: string];

/**
 * Work on holds, a few pieces at a time for each hospital: however many holds a hospital's patients have, those of
 * another wait for none of them, and all of them together cost a few endorsements, or exchanges with each of the other
 * custodians, at a time.
 */
export class HospitalQueues {
  readonly #queues = new Map<string, Queue>();
  #stopped = false;

  /** Adds work on a subject, which must not reject; a subject that waits already does so with the newer work. */
  add(hospitals: Hospitals, subject: object, work: Work): void {
    const key = JSON.stringify(hospitals);
    const queue = this.#queues.get(key) ?? { waiting: new Map<object, Work>(), running: 0 };
    this.#queues.set(key, queue);
    queue.waiting.set(subject, work);
    if (queue.running < AT_A_TIME) void this.#run(key, queue);
  }

  /** Begins no more work. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(key: string, queue: Queue): Promise<void> {
    queue.running += 1;
    for (let [next] = queue.waiting; next !== undefined && !this.#stopped; [next] = queue.waiting) {
      const [subject, work] = next;
      queue.waiting.delete(subject);
      await work();
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
    queue.running -= 1;
    if (queue.running === 0) this.#queues.delete(key);
  }
}
