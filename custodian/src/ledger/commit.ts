// SPDX-License-Identifier: Apache-2.0
import { CommitStatusError, type Commit } from '@hyperledger/fabric-gateway';
import { mayBeOfAnother, type Outcome } from '@tutela/fabric';

const MAX_ORDERS = 5;

/** What committing needs of an endorsed transaction of Fabric's client. */
export interface Orderable {
  submit(): Promise<Pick<Commit, 'getStatus'>>;
}

/**
 * Orders a transaction and awaits its block. An orderer takes it for a leader that may be gone: one whose block does
 * not come is sent again, the same each time, so that it counts once. `isInBlock` is asked whether a block has it as
 * valid, where the status may be that of another envelope with its id, and throws where it cannot tell. Throws CommitStatusError once it was ordered and
 * its outcome is not known, also when no orderer takes it again.
 */
export async function commit(
  transaction: Orderable,
  isInBlock: (txId: string) => Promise<boolean>,
): Promise<Outcome> {
  let unknown: CommitStatusError | undefined;
  for (let order = 1; ; order += 1) {
    try {
      const { code, transactionId } = await (await transaction.submit()).getStatus();
      return { valid: mayBeOfAnother(code) && (await isInBlock(transactionId)), code };
    } catch (error) {
      if (!(error instanceof CommitStatusError)) throw unknown ?? error;
      unknown = error;
      if (order >= MAX_ORDERS) throw unknown;
    }
  }
}
