// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { pagesOf, type After } from './pages.js';

test('pages of a list are asked for one after another, to the last', async () => {
  const asked: After[] = [];
  const bookmarks = ['a', 'b', undefined];
  const pages = pagesOf((after) => {
    const bookmark = bookmarks[asked.push(after) - 1];
    return Promise.resolve({ of: asked.length, ...(bookmark !== undefined && { bookmark }) });
  });
  const found: number[] = [];
  for await (const { of } of pages) found.push(of);
  expect(found).toEqual([1, 2, 3]);
  expect(asked).toEqual([{}, { bookmark: 'a' }, { bookmark: 'b' }]);
});

test('a list without an end is an error, and no short list', async () => {
  const read = async () => {
    let count = 0;
    for await (const page of pagesOf(() => Promise.resolve({ bookmark: 'again' })))
      count += page.bookmark.length > 0 ? 1 : 0;
    return count;
  };
  await expect(read()).rejects.toThrow(RangeError);
});
