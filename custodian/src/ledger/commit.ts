// SPDX-License-Identifier: Apache-2.0
import { CommitError, CommitStatusError, type Commit } from '@hyperledger/fabric-gateway';

const MAX_ORDERS = 5;

/** What committing needs of an endorsed transaction of Fabric's client. */
export interface Endorsed {
  getResult(): Uint8Array;
  submit(): Promise<Pick<Commit, 'getStatus'>>;
}

/**
 * Orders a transaction and awaits its block. An orderer takes it for a leader that may be gone: one whose block does
 * not come is sent again, the same each time, so that it counts once. Throws CommitStatusError once it was ordered and
 * nobody knows what became of it, also when no orderer takes it again.
 */
export async function commit(transaction: Endorsed): Promise<Uint8Array> {
  let unknown: CommitStatusError | undefined;
  for (let order = 1; ; order += 1) {
    try {
      const { code, successful, transactionId } = await (await transaction.submit()).getStatus();
      if (successful) return transaction.getResult();
      throw new CommitError({ code, transactionId, message: 'the transaction was not valid' });
    } catch (error) {
      if (error instanceof CommitStatusError) unknown = error;
      else throw error instanceof CommitError ? error : (unknown ?? error);
      if (order >= MAX_ORDERS) throw unknown;
    }
  }
}
