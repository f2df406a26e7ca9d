// SPDX-License-Identifier: Apache-2.0
import { bytesField, message, readMessage, repeated } from './protobuf.js';

// Of gateway.PreparedTransaction down to its endorsements, only what is on the way.
const preparedTransaction = message({ envelope: [2, message({ payload: [1, bytesField] })] });
const payload = message({ data: [2, bytesField] });
const transaction = message({ actions: [1, repeated(message({ payload: [2, bytesField] }))] });
const actionPayload = message({ action: [2, message({ endorsements: [2, repeated(bytesField)] })] });

/**
 * How many endorsements a transaction has that Fabric's client made ready (gateway.PreparedTransaction), 0 if it cannot
 * be read.
 */
export function endorsementCount(prepared: Uint8Array): number {
  const { envelope } = readMessage(preparedTransaction, prepared) ?? {};
  const data = envelope && readMessage(payload, envelope.payload)?.data;
  const [first] = (data && readMessage(transaction, data)?.actions) ?? [];
  return (first && readMessage(actionPayload, first.payload)?.action?.endorsements.length) ?? 0;
}
