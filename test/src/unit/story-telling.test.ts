// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { LeftOut, type Step } from '../story/step.js';
import { Story } from '../story/story.js';
import { forMachines, forPeople, reasons, summary, tell } from '../story/tell.js';

const MINUTE_MS = 60_000;
// These steps need no consortium.
const story = new Story(undefined as never);
const long: Step = {
  name: 'reshare',
  tells: 'a hospital joins',
  run: () =>
    new Promise((resolve) => {
      setTimeout(resolve, MINUTE_MS, { epoch: 2 });
    }),
};
const broken: Step = { name: 'refresh', tells: 'new shares', run: () => Promise.reject(new Error('no')) };

afterEach(() => {
  jest.useRealTimers();
});

async function told(listener: typeof forPeople): Promise<readonly string[]> {
  jest.useFakeTimers();
  const lines: string[] = [];
  const telling = tell(
    story,
    [long, broken],
    listener((line) => lines.push(line)),
  );
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  await telling;
  return lines.map((line) => line.replace(/\d+ ms|"ms":\d+/, 'ms'));
}

describe('telling the story', () => {
  test('to people says every thirty seconds that a step takes its time', async () => {
    expect(await told(forPeople)).toEqual([
      '… reshare, for 30 s: a hospital joins',
      '✓ reshare  ms\n    a hospital joins',
      '    epoch: 2',
      '✗ refresh  ms\n    new shares',
      '    error: no',
    ]);
  });

  test('for machines is one JSON line for each step, with the sentence that people read', async () => {
    expect(await told(forMachines)).toEqual([
      '{"step":"reshare","says":"a hospital joins","ok":true,ms,"evidence":{"epoch":2}}',
      '{"step":"refresh","says":"new shares","ok":false,ms,"evidence":{"error":"no"}}',
    ]);
  });

  test('a step that is left out gives its reason, and is no failure', async () => {
    const left: Step = {
      ...{ name: 'reshare', tells: 'new shares' },
      run: () => Promise.reject(new LeftOut('each hospital has to wait')),
    };
    const lines: string[] = [];
    const outcomes = await tell(
      story,
      [left, broken],
      forPeople((line) => lines.push(line)),
    );
    expect(lines[0]).toMatch(/^– reshare/);
    expect(outcomes.map(({ leftOut }) => leftOut)).toEqual([true, undefined]);
    expect(summary(outcomes)).toBe('\n0 of 2 steps hold, 1 left out.');
    expect(reasons(outcomes)).toEqual([
      'reshare is left out: each hospital has to wait',
      'refresh failed: no',
    ]);
  });
});
