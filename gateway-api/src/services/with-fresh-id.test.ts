// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, type ErrorCode } from '@tutela/chaincode/domain';
import { withFreshId } from './with-fresh-id.js';

/** An act that is refused with these codes, one after the other, before it succeeds. */
function refusedWith(...codes: ErrorCode[]): () => Promise<string> {
  return () => {
    const code = codes.shift();
    return code === undefined ? Promise.resolve('done') : Promise.reject(new DomainError(code, 'refused'));
  };
}

describe('an act whose id somebody else takes first', () => {
  test('attack 36: is done under another id, a few times', async () => {
    expect(await withFreshId(refusedWith('ID_TAKEN', 'ID_TAKEN'))).toBe('done');
    const always = refusedWith('ID_TAKEN', 'ID_TAKEN', 'ID_TAKEN', 'ID_TAKEN');
    await expect(withFreshId(always)).rejects.toMatchObject({ code: 'ID_TAKEN' });
  });

  test('is not done again for any other refusal', async () => {
    await expect(withFreshId(refusedWith('ALREADY_EXISTS'))).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });
});
