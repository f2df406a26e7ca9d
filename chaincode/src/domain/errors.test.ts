// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, ERROR_CODES, errorFromWire } from './errors.js';

describe('errors over the wire', () => {
  test.each(ERROR_CODES)('%s leaves as text and comes back as itself', (code) => {
    const error = new DomainError(code, 'what to do next');
    expect(errorFromWire(`chaincode response 500, ${error.toWire()}`)).toMatchObject({
      code,
      message: 'what to do next',
    });
  });

  test('a code that is not on the list is no domain error', () => {
    expect(errorFromWire('[MADE_UP] text')).toBeUndefined();
    expect(errorFromWire('NOT_FOUND text')).toBeUndefined();
  });
});
