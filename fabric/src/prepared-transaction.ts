// SPDX-License-Identifier: Apache-2.0
import {
  bytesField,
  message,
  mspId,
  readMessage,
  repeated,
  textField,
  type MspId,
} from '@tutela/chaincode/domain';

// Of gateway.PreparedTransaction down to its endorsements, only what is on the way.
const preparedTransaction = message({ envelope: [2, message({ payload: [1, bytesField] })] });
const payload = message({ data: [2, bytesField] });
const transaction = message({ actions: [1, repeated(message({ payload: [2, bytesField] }))] });
const endorsement = message({ endorser: [1, bytesField] });
const actionPayload = message({ action: [2, message({ endorsements: [2, repeated(endorsement)] })] });
const UNNAMED = mspId('unnamed', 'mspId');
const identity = message({ mspId: [1, textField] });

/**
 * By which hospitals a transaction is endorsed that Fabric's client made ready (gateway.PreparedTransaction), as the
 * endorsements themselves say; none if it cannot be read.
 */
export function endorsersOf(prepared: Uint8Array): readonly MspId[] {
  const { envelope } = readMessage(preparedTransaction, prepared) ?? {};
  const data = envelope && readMessage(payload, envelope.payload)?.data;
  const [first] = (data && readMessage(transaction, data)?.actions) ?? [];
  const endorsements = (first && readMessage(actionPayload, first.payload)?.action?.endorsements) ?? [];
  return endorsements.map(({ endorser }) => hospitalOf(endorser));
}

/** The hospital that an identity names; one that names none keeps its place. */
function hospitalOf(endorser: Uint8Array): MspId {
  try {
    return mspId(readMessage(identity, endorser)?.mspId, 'mspId');
  } catch {
    return UNNAMED;
  }
}
