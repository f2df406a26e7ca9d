// SPDX-License-Identifier: Apache-2.0

/** What a stream gives, as a list. */
export async function allOf<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
}
