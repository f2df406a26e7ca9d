// SPDX-License-Identifier: Apache-2.0

/**
 * One thing for each hospital, made when it is first asked for: what one hospital fills up is its own. Ask only with
 * the name of a member, as its TLS authority proves it: so there are no more of them than members.
 */
export class ByHospital<T> {
  readonly #make: () => T;
  readonly #things = new Map<string, T>();

  constructor(make: () => T) {
    this.#make = make;
  }

  /** The thing of a hospital. */
  of(mspId: string): T {
    const thing = this.#things.get(mspId) ?? this.#make();
    this.#things.set(mspId, thing);
    return thing;
  }
}
