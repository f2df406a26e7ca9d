// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { atOneThatMayStart } from '../support/custody.js';
import { RestProblem } from '../support/rest-problem.js';

const asked: string[] = [];
const hospitals = ['alder', 'birch', 'cedar'];

/** Asks each hospital, of which those named refuse with the code. */
function ask(refusing: readonly string[], code: string): Promise<string | undefined> {
  asked.length = 0;
  return atOneThatMayStart(hospitals, (at) => {
    asked.push(at);
    const refusal = RestProblem.from(429, { code, message: 'as the test says' });
    return refusing.includes(at) ? Promise.reject(refusal) : Promise.resolve(at);
  });
}

describe('a hospital that may start a ceremony', () => {
  test('is the next one where a hospital has to wait', async () => {
    expect(await ask(['alder'], 'RATE_LIMITED')).toBe('birch');
    expect(asked).toEqual(['alder', 'birch']);
  });

  test('is missing where each has to wait', async () => {
    expect(await ask(hospitals, 'RATE_LIMITED')).toBeUndefined();
    expect(asked).toEqual(hospitals);
  });

  test('is looked for no further where a ceremony is refused for another reason', async () => {
    await expect(ask(['alder'], 'CEREMONY_INVALID')).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    expect(asked).toEqual(['alder']);
  });
});
