// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { AT_A_TIME, Turns } from './turns.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('the turns of a hospital in the chaincode', () => {
  test('come back from transactions whose peer ended before it answered', async () => {
    const turns = new Turns(50);
    for (let index = 0; index < 10 * AT_A_TIME; index += 1) void turns.take('AlderMSP', 0, never);
    expect(await turns.take('AlderMSP', 0, () => Promise.resolve('done'))).toBe('done');
  });

  test('go to the next one once, also when a transaction ends after it was given up', async () => {
    const turns = new Turns(200);
    const ends: (() => void)[] = [];
    const late = Array.from({ length: AT_A_TIME }, () =>
      turns.take('AlderMSP', 0, () => new Promise<void>((resolve) => ends.push(resolve))),
    );
    await new Promise((resolve) => setTimeout(resolve, 400));
    ends.forEach((end) => {
      end();
    });
    await Promise.all(late);
    let now = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
    };
    await Promise.all(Array.from({ length: 3 * AT_A_TIME }, () => turns.take('AlderMSP', 0, work)));
    expect(most).toBe(AT_A_TIME);
  });
});
