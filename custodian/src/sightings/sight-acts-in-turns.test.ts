// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import { MAX_OF_A_HOSPITAL, sightActs } from './sight-acts.js';

test('attack 44: however many acts one hospital has, another’s is reported in the same round', async () => {
  const of = (mspId: string, act: string) => ({ act, answerHash: 'h', seenBy: [], about: { mspId } });
  const acts = [
    ...Array.from({ length: 150 }, (_, at) => of('CedarMSP', `0${at}`)),
    of('BirchMSP', 'honest'),
  ];
  const sighted: string[] = [];
  const ledger = {
    mspId: 'AlderMSP',
    evaluate: () => Promise.resolve({ acts }),
    blockOf: (txId: string) => Promise.resolve({ transactions: [{ txId, valid: true, answerHash: 'h' }] }),
    submit: (_: string, { act }: { act: string }) => Promise.resolve(sighted.push(act)),
  } as unknown as Ledger;
  const chain = { onBlock: () => () => undefined, heightOf: () => undefined } as unknown as Chain;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const stop = new AbortController();
  const running = sightActs({ ledger, chain, log }, stop.signal);
  for (let yields = 0; yields < 50; yields += 1) await setImmediate();
  stop.abort();
  await running;
  expect(sighted).toHaveLength(MAX_OF_A_HOSPITAL + 1);
  expect(sighted.indexOf('honest')).toBeLessThan(2);
});
