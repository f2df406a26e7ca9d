// SPDX-License-Identifier: Apache-2.0

export declare const brand: unique symbol;

/** Text that only a decoder can make: two brands do not mix. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };
