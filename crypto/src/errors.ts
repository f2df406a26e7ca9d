// SPDX-License-Identifier: Apache-2.0

/** Why an operation was refused; the list is closed and no code carries a secret. */
export type CryptoErrorCode =
  | 'LENGTH'
  | 'ENCODING'
  | 'VERSION'
  | 'SUITE'
  | 'PARAMETER'
  | 'SCALAR'
  | 'ELEMENT'
  | 'CAPSULE_PROOF'
  | 'SHARE_PROOF'
  | 'SHARE_SET'
  | 'KEY_COMMITMENT'
  | 'STREAM_HEADER'
  | 'STREAM_TAG'
  | 'STREAM_SIZE'
  | 'HPKE_OPEN'
  | 'HPKE_KEY'
  | 'AT_REST'
  | 'CEREMONY_TERMS'
  | 'DEALING'
  | 'DEALING_SET'
  | 'SUB_SHARE';

/** The one error of this package: a closed code and a message without secrets. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws {@link CryptoError} unless the condition holds. */
export function demand(condition: boolean, code: CryptoErrorCode, message: string): asserts condition {
  if (!condition) throw new CryptoError(code, message);
}
