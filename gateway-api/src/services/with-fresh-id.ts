// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';

/** Ids that are tried for one act. */
const MAX_IDS = 3;

/** Does an act under an id that it chooses itself, and again under another one while somebody else takes it first. */
export async function withFreshId<T>(act: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isIdTaken(error) || tried === MAX_IDS) throw error;
    }
  }
}

/** Whether somebody else used an id before its author could. */
export function isIdTaken(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'ID_TAKEN';
}
