// SPDX-License-Identifier: Apache-2.0

/**
 * One value for each hospital, made on first use, so that one hospital cannot use up another's limit. Ask only with the
 * name of a member, as its TLS authority proves it: so there are no more of them than members.
 */
export class ByHospital<T> {
  readonly #make: () => T;
  readonly #values = new Map<string, T>();

  constructor(make: () => T) {
    this.#make = make;
  }

  /** The value of a hospital. */
  of(mspId: string): T {
    const value = this.#values.get(mspId) ?? this.#make();
    this.#values.set(mspId, value);
    return value;
  }
}
