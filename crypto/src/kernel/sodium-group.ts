// SPDX-License-Identifier: Apache-2.0
import sodium from 'libsodium-wrappers-sumo';

import { demandLength } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';
import type { Group, Term } from './group.js';
import { demandReduced, demandScalar, integerScalar } from './scalar.js';

await sodium.ready;

const IDENTITY = new Uint8Array(32);
const MOST_ADDED = 7n;

/** Back end on libsodium: scalar arithmetic written for constant time; long-lived secrets go here. */
export const sodiumGroup: Group = {
  demandElement,
  multiplyBase: (scalar) => sodium.crypto_scalarmult_ristretto255_base(demandScalar(scalar)),
  multiply,
  linear: (a, A, b, B) => sodium.crypto_core_ristretto255_add(multiply(a, A), multiply(b, B)),
  combination,
  sum,
  addScalars: (x, y) => sodium.crypto_core_ristretto255_scalar_add(demandReduced(x), demandReduced(y)),
  subtractScalars: (x, y) => sodium.crypto_core_ristretto255_scalar_sub(demandReduced(x), demandReduced(y)),
  multiplyScalars: (x, y) => sodium.crypto_core_ristretto255_scalar_mul(demandReduced(x), demandReduced(y)),
  reduceScalar: (wide) =>
    sodium.crypto_core_ristretto255_scalar_reduce(demandLength(wide, 64, 'wide scalar')),
};

function demandElement(element: Uint8Array): Uint8Array {
  demandLength(element, 32, 'element');
  demand(sodium.crypto_core_ristretto255_is_valid_point(element), 'ELEMENT', 'not a canonical group element');
  demand(
    element.some((byte) => byte !== 0),
    'ELEMENT',
    'the identity is not accepted',
  );
  return element;
}

function multiply(scalar: Uint8Array, element: Uint8Array): Uint8Array {
  return sodium.crypto_scalarmult_ristretto255(demandScalar(scalar), demandElement(element));
}

function sum(elements: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = elements.map(demandElement);
  if (first === undefined) throw new CryptoError('ELEMENT', 'nothing to add');
  return demandNotIdentity(others.reduce(add, first));
}

function combination(terms: readonly Term[]): Uint8Array {
  const total = terms.reduce<Uint8Array | undefined>((sum, { factor, element }) => {
    const part = times(factor < 0n ? -factor : factor, demandElement(element));
    if (factor < 0n) return sodium.crypto_core_ristretto255_sub(sum ?? IDENTITY, part);
    return sum === undefined ? part : add(sum, part);
  }, undefined);
  return demandNotIdentity(total ?? IDENTITY);
}

/** A few additions where they cost less than a multiplication. */
function times(factor: bigint, element: Uint8Array): Uint8Array {
  if (factor === 0n || factor > MOST_ADDED) return multiply(integerScalar(factor), element);
  let result = element;
  for (const bit of factor.toString(2).slice(1)) {
    result = add(result, result);
    if (bit === '1') result = add(result, element);
  }
  return result;
}

function add(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sodium.crypto_core_ristretto255_add(left, right);
}

function demandNotIdentity(sum: Uint8Array): Uint8Array {
  demand(
    sum.some((byte) => byte !== 0),
    'ELEMENT',
    'sum is the identity',
  );
  return sum;
}
