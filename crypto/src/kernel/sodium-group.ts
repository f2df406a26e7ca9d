// SPDX-License-Identifier: Apache-2.0
import sodium from 'libsodium-wrappers-sumo';

import { demandLength } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';
import type { Group } from './group.js';
import { demandReduced, demandScalar } from './scalar.js';

await sodium.ready;

/** Back end on libsodium: scalar arithmetic written for constant time; long-lived secrets go here. */
export const sodiumGroup: Group = {
  demandElement,
  multiplyBase: (scalar) => sodium.crypto_scalarmult_ristretto255_base(demandScalar(scalar)),
  multiply,
  linear: (a, A, b, B) => sodium.crypto_core_ristretto255_add(multiply(a, A), multiply(b, B)),
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
  const total = others.reduce((left, right) => sodium.crypto_core_ristretto255_add(left, right), first);
  demand(
    total.some((byte) => byte !== 0),
    'ELEMENT',
    'sum is the identity',
  );
  return total;
}
