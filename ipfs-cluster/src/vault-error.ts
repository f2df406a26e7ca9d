// SPDX-License-Identifier: Apache-2.0

/** Everything that can go wrong with the vault, closed; what each means and what to do stands in `vaultErrorCodes`. */
export type VaultErrorCode = keyof typeof vaultErrorCodes;

/** The codes of the vault with a sentence for the operator; none names content. */
export const vaultErrorCodes = {
  BAD_CID: 'the content identifier is not one of this vault: do not retry',
  PART_TOO_LARGE: 'the part exceeds the largest size of a part: cut it smaller',
  PART_NOT_FOUND:
    'no reachable hospital offered the part before the deadline: retry when more hospitals are reachable',
  PART_CORRUPT: 'the bytes do not hash to the content identifier: run verify and heal',
  PART_INCOMPLETE: 'the part ended early or had another length, more than once: run verify and heal',
  PART_REFUSED: 'the part has a block that is not to be here any more: do not retry',
  VAULT_UNAVAILABLE: 'the node of this hospital does not answer: check that it runs',
  VAULT_REFUSED: 'the node of this hospital refused the request: check its credentials and configuration',
  VAULT_TIMEOUT: 'the node of this hospital did not finish before the deadline: retry',
  ABORTED: 'the caller ended the request',
} as const;

/** The one error that leaves the vault: a code, its sentence, and the outside error as cause. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, options?: ErrorOptions) {
    super(`[${code}] ${vaultErrorCodes[code]}`, options);
    this.code = code;
  }
}

/** Tells whether an error is a VaultError, with one of the codes where any are given. */
export function isVaultError(error: unknown, ...codes: readonly VaultErrorCode[]): error is VaultError {
  return error instanceof VaultError && (codes.length === 0 || codes.includes(error.code));
}
