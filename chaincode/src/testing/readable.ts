// SPDX-License-Identifier: Apache-2.0

/** Keys and values of state as a person reads them; a deleted value is null. */
export function readable(
  entries: Iterable<readonly [string, Uint8Array | undefined]>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...entries].map(([key, value]) => [readableKey(key), value === undefined ? null : parse(value)]),
  );
}

function readableKey(key: string): string {
  return key
    .replace(/\u0000$/, '')
    .replace(/(^|:)\u0000/, '$1')
    .replaceAll('\u0000', '/');
}

function parse(value: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(value));
}
