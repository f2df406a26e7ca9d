// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { AT_A_TIME, MAX_KNOWN_IDS, MAX_WAITING, Turns, type Asked } from './turns.js';

let count = 0;
/** A transaction of a hospital that no peer has executed yet. */
function next(hospital: string): Asked {
  count += 1;
  return { hospital, txId: `transaction ${String(count)}`, bytes: 0 };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('the turns of a hospital in the chaincode', () => {
  test('the turns of a hospital come back from transactions whose peer ended before it answered', async () => {
    const turns = new Turns(50);
    for (let index = 0; index < 10 * AT_A_TIME; index += 1) void turns.take(next('AlderMSP'), never);
    expect(await turns.take(next('AlderMSP'), () => Promise.resolve('done'))).toBe('done');
  });

  test('go to the next one once, also when a transaction ends after it was given up', async () => {
    const turns = new Turns(200);
    const ends: (() => void)[] = [];
    const late = Array.from({ length: AT_A_TIME }, () =>
      turns.take(next('AlderMSP'), () => new Promise<void>((resolve) => ends.push(resolve))),
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
    await Promise.all(Array.from({ length: 3 * AT_A_TIME }, () => turns.take(next('AlderMSP'), work)));
    expect(most).toBe(AT_A_TIME);
  });

  test('attack 44: the turns of a hospital are not used up by its proposals that another hospital has executed again', async () => {
    const turns = new Turns(2_000);
    const seen = Array.from({ length: 2 * MAX_WAITING }, () => next('AlderMSP'));
    for (const asked of seen) await turns.take(asked, () => Promise.resolve());
    const repeated = seen.map((asked) => turns.take({ ...asked, bytes: 1_000_000 }, never));
    const refused = Promise.any(
      repeated.map((one) =>
        one.then(
          () => Promise.reject(new Error('done')),
          (error: unknown) => error,
        ),
      ),
    );
    await expect(refused).resolves.toMatchObject({ code: 'RATE_LIMITED' });
    expect(await turns.take(next('AlderMSP'), () => Promise.resolve('done'))).toBe('done');
  });

  test('attack 44: are not used up after another hospital has sent ids without end, to have those of this one forgotten', async () => {
    const turns = new Turns(2_000);
    const seen = Array.from({ length: 2 * MAX_WAITING }, () => next('AlderMSP'));
    for (const asked of seen) await turns.take(asked, () => Promise.resolve());
    const flood = Array.from({ length: MAX_KNOWN_IDS + 1 }, () => turns.take(next('CedarMSP'), never));
    await Promise.any(flood.map((one) => one.catch(() => undefined)));
    for (const asked of seen) turns.take(asked, never).catch(() => undefined);
    expect(await turns.take(next('AlderMSP'), () => Promise.resolve('done'))).toBe('done');
  });

  test('attack 44: a hospital’s costly work takes no longer while another hospital has its costly proposals executed again', async () => {
    /** How many pieces are done here in all, until a transaction of Alder's with 64 of them is. */
    const piecesBeside = async (repetitions: number): Promise<number> => {
      const turns = new Turns();
      let done = 0;
      const work = (pieces: number) => async (turn: () => Promise<void>) => {
        for (let piece = 0; piece < pieces; piece += 1) {
          await turn();
          done += 1;
        }
      };
      const seen = next('AlderMSP');
      await turns.take(seen, work(0));
      const repeated = Array.from({ length: repetitions }, () => turns.take(seen, work(1_000)));
      await turns.take(next('AlderMSP'), work(64));
      const doneByThen = done;
      await Promise.all(repeated);
      return doneByThen;
    };
    expect(await piecesBeside(0)).toBe(64);
    expect(await piecesBeside(2 * AT_A_TIME)).toBeLessThanOrEqual(2 * 64 + 1);
  });
});
