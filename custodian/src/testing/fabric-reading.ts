// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readMessage } from '@tutela/chaincode/domain';
import {
  blockMetadata,
  chaincodeAction,
  chaincodeActionPayload,
  chaincodeEvent,
  channelHeader,
  envelope,
  fabricMspConfig,
  payload,
  proposalResponsePayload,
  readPem,
  serializedIdentity,
  transaction,
} from '@tutela/fabric';

/** What a custodian reads in bytes that other hospitals write, in the form in which it is compared with Fabric's code. */
export const READINGS: Readonly<Record<string, (bytes: Uint8Array) => object | undefined>> = {
  envelope: (bytes) => {
    const outer = readMessage(envelope, bytes);
    const inner = outer && readMessage(payload, outer.payload);
    const header = inner && readMessage(channelHeader, inner.header?.channelHeader ?? new Uint8Array(0));
    return inner && header && { type: header.type, txId: header.txId, data: hex(inner.data) };
  },
  transaction: (bytes) => {
    const [first] = readMessage(transaction, bytes)?.actions ?? [];
    const action = first && readMessage(chaincodeActionPayload, first.payload)?.action;
    const proposed = action && readMessage(proposalResponsePayload, action.proposalResponsePayload);
    const result = proposed && readMessage(chaincodeAction, proposed.extension);
    const event = result && readMessage(chaincodeEvent, result.events);
    if (event === undefined) return undefined;
    const answer = hex(result?.response?.payload ?? new Uint8Array(0));
    return { chaincode: event.chaincodeId, event: event.eventName, payload: hex(event.payload), answer };
  },
  metadata: (bytes) => {
    const found = readMessage(blockMetadata, bytes);
    const signatures = found?.signatures.map((each) => `${hex(each.signatureHeader)}:${hex(each.signature)}`);
    return found && { value: hex(found.value), signatures };
  },
  identity: (bytes) => {
    const found = readMessage(serializedIdentity, bytes);
    return found && { mspId: found.mspId, certificate: hex(found.certificate) };
  },
  msp: (bytes) => {
    const found = readMessage(fabricMspConfig, bytes);
    return (
      found && {
        name: found.name,
        rootCerts: found.rootCerts.map(hex),
        tlsRootCerts: found.tlsRootCerts.map(hex),
        revocationList: found.revocationList.map(hex),
      }
    );
  },
  pem: (bytes) => {
    const found = readPem(bytes);
    return found && { sha256: createHash('sha256').update(found).digest('hex') };
  },
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
