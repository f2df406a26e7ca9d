// SPDX-License-Identifier: Apache-2.0
import {
  bytesField,
  int32Field,
  mapOf,
  message,
  repeated,
  textField,
  uint64Field,
} from '@tutela/chaincode/domain';

// The messages of Fabric 2.5 that other hospitals write, with all fields that Fabric itself reads in them
// (hyperledger/fabric-protos: common/common.proto, common/configtx.proto, peer/transaction.proto, msp/msp_config.proto).

/** common.Envelope */
export const envelope = message({ payload: [1, bytesField], signature: [2, bytesField] });

const header = message({ channelHeader: [1, bytesField], signatureHeader: [2, bytesField] });

/** common.Payload */
export const payload = message({ header: [1, header], data: [2, bytesField] });

const timestamp = message({ seconds: [1, uint64Field], nanos: [2, int32Field] });

/** common.ChannelHeader */
export const channelHeader = message({
  type: [1, int32Field],
  version: [2, int32Field],
  timestamp: [3, timestamp],
  channelId: [4, textField],
  txId: [5, textField],
  epoch: [6, uint64Field],
  extension: [7, bytesField],
  tlsCertHash: [8, bytesField],
});

/** common.SignatureHeader */
export const signatureHeader = message({ creator: [1, bytesField], nonce: [2, bytesField] });

/** msp.SerializedIdentity */
export const serializedIdentity = message({ mspId: [1, textField], certificate: [2, bytesField] });

const transactionAction = message({ header: [1, bytesField], payload: [2, bytesField] });

/** peer.Transaction */
export const transaction = message({ actions: [1, repeated(transactionAction)] });

const endorsement = message({ endorser: [1, bytesField], signature: [2, bytesField] });

const endorsedAction = message({
  proposalResponsePayload: [1, bytesField],
  endorsements: [2, repeated(endorsement)],
});

/** peer.ChaincodeActionPayload */
export const chaincodeActionPayload = message({
  proposalPayload: [1, bytesField],
  action: [2, endorsedAction],
});

/** peer.ProposalResponsePayload */
export const proposalResponsePayload = message({ proposalHash: [1, bytesField], extension: [2, bytesField] });

const response = message({ status: [1, int32Field], message: [2, textField], payload: [3, bytesField] });
const chaincodeId = message({ path: [1, textField], name: [2, textField], version: [3, textField] });

/** peer.ChaincodeAction */
export const chaincodeAction = message({
  results: [1, bytesField],
  events: [2, bytesField],
  response: [3, response],
  chaincodeId: [4, chaincodeId],
});

/** peer.ChaincodeEvent */
export const chaincodeEvent = message({
  chaincodeId: [1, textField],
  txId: [2, textField],
  eventName: [3, textField],
  payload: [4, bytesField],
});

const metadataSignature = message({ signatureHeader: [1, bytesField], signature: [2, bytesField] });

/** common.Metadata */
export const blockMetadata = message({
  value: [1, bytesField],
  signatures: [2, repeated(metadataSignature)],
});

/** A hospital's group in the channel's configuration (common.ConfigGroup), as far as it concerns its own MSP. */
export const hospitalGroup = message({ values: [3, mapOf(repeated(bytesField))] });

/** common.ConfigValue */
export const configValue = message({ version: [1, uint64Field], value: [2, bytesField] });

/** msp.MSPConfig */
export const mspConfig = message({ type: [1, int32Field], config: [2, bytesField] });

/** msp.FabricMSPConfig */
export const fabricMspConfig = message({
  name: [1, textField],
  rootCerts: [2, repeated(bytesField)],
  intermediateCerts: [3, repeated(bytesField)],
  revocationList: [5, repeated(bytesField)],
  tlsRootCerts: [9, repeated(bytesField)],
  tlsIntermediateCerts: [10, repeated(bytesField)],
});

// Each hospital's group stays bytes, so that one that cannot be read is that hospital's loss alone.
const hospitalGroups = message({ groups: [2, mapOf(repeated(bytesField))] });
const channelGroup = message({ groups: [2, mapOf(hospitalGroups)] });
const config = message({ sequence: [1, uint64Field], channelGroup: [2, channelGroup] });

/** common.ConfigEnvelope */
export const configEnvelope = message({ config: [1, config] });
