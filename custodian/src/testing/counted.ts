// SPDX-License-Identifier: Apache-2.0

/** A copy of an object that calls `onRead` whenever a member is read. */
export function counted<T extends object>(of: T, member: keyof T, onRead: () => void): T {
  return Object.defineProperty({ ...of }, member, {
    enumerable: true,
    get: () => {
      onRead();
      return of[member];
    },
  });
}
