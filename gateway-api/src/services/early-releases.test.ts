// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { DomainError, type Custodian, type IntentId } from '@tutela/chaincode/domain';
import type { Custodians, ReleaseAnswer } from '../keys/keys.js';
import { EarlyReleases } from './early-releases.js';

const INTENT = { intentId: 'in_aaaaaaaaaaaaaaaaaaaaaa' as IntentId };
const [alder, birch] = ['AlderMSP', 'BirchMSP'].map((mspId) => ({ mspId }) as Custodian) as [
  Custodian,
  Custodian,
];

/** Custodians that answer nothing until they are no longer asked. */
function silent(): Custodians & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    release: ({ mspId }, _intent, signal) => {
      asked.push(mspId);
      return new Promise<ReleaseAnswer>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new DomainError('TOO_FEW_CUSTODIANS', 'nobody waits any more'));
        });
      });
    },
    hold: () => Promise.resolve(),
  };
}

test('each custodian is asked once, however often the intent is ordered', () => {
  const custodians = silent();
  const early = new EarlyReleases(custodians, INTENT);
  early.ask([alder]);
  early.ask([alder, birch]);
  expect(custodians.asked).toEqual(['AlderMSP', 'BirchMSP']);
  early.end();
});

test('an early answer is taken once: whoever asks again asks the custodian', () => {
  const early = new EarlyReleases(silent(), INTENT);
  early.ask([alder]);
  expect([early.take(alder), early.take(alder), early.take(birch)]).toEqual([
    expect.any(Promise),
    undefined,
    undefined,
  ]);
  early.end();
});

test('questions about an intent that came to nothing end, and none follows', async () => {
  const custodians = silent();
  const early = new EarlyReleases(custodians, INTENT);
  early.ask([alder]);
  const answer = early.take(alder);
  early.end();
  await expect(answer).rejects.toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
  early.ask([birch]);
  expect(custodians.asked).toEqual(['AlderMSP']);
});
