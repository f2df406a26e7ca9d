// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { Lifecycle } from './lifecycle.js';

test('what was started stops in reverse, all of it even if one fails, and once', async () => {
  const lifecycle = new Lifecycle();
  const stopped: string[] = [];
  for (const name of ['state', 'ledger', 'listener'])
    lifecycle.onStop(() => {
      stopped.push(name);
      if (name === 'ledger') throw new Error('stuck');
    });
  await expect(lifecycle.stop()).rejects.toThrow('not everything could be stopped');
  await lifecycle.stop();
  expect(stopped).toEqual(['listener', 'ledger', 'state']);
  expect(lifecycle.isStopping()).toBe(true);
});
