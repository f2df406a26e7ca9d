// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import type { LogFacts } from '../log.js';
import { Chain } from './chain.js';
import { watchClaimedIds } from './claimed-ids.js';
import type { BlockTransaction } from './ledger.js';

const txId = 'a'.repeat(64);

test('attack 44: an alarm about claimed ids comes once a minute for each hospital, and one hospital’s hides no other’s', () => {
  const alarms: LogFacts[] = [];
  const silent = (): void => undefined;
  const log = { info: silent, warn: silent, error: (facts: LogFacts) => void alarms.push(facts) };
  const [chain, stop] = [new Chain(), new AbortController()];
  let now = 0;
  watchClaimedIds({ chain, clock: () => now, log }, stop.signal);
  let number = 0;
  const append = (...claims: readonly BlockTransaction['claim'][]): void => {
    const transactions = claims.map((claim) => ({ txId, valid: false, ...(claim && { claim }) }));
    const previousHash = String(number);
    number += 1;
    chain.append({ number, previousHash, dataHash: '', hash: String(number), transactions });
  };
  append(undefined);
  append({ txId, hospital: 'CedarMSP' }, { txId, hospital: 'CedarMSP' }, { txId, hospital: 'BirchMSP' });
  append({ txId }, { txId, hospital: 'CedarMSP' });
  expect(alarms.map(({ hospital }) => hospital)).toEqual(['CedarMSP', 'BirchMSP', undefined]);
  now = 60_000;
  append({ txId, hospital: 'CedarMSP' });
  expect(alarms.at(-1)).toEqual({ alarm: 'ID_CLAIMED', txId, hospital: 'CedarMSP', height: 4 });
  stop.abort();
  now = 120_000;
  append({ txId, hospital: 'CedarMSP' });
  expect(alarms).toHaveLength(4);
});
