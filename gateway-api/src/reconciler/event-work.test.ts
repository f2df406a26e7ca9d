// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { EventWork } from './event-work.js';

test.each([0, 1, 2, 3, 4, 5])(
  'work that is asked for %s turns of microtasks after the last work began is done',
  async (steps) => {
    let done = 0;
    const work = new EventWork(async () => {
      await Promise.resolve();
      done += 1;
    });
    work.ask();
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    work.ask();
    await work.idle();
    await new Promise((resolve) => setImmediate(resolve));
    expect({ done, isIdle: work.isIdle }).toEqual({ done: 2, isIdle: true });
  },
);
