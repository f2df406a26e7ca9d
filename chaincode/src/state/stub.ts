// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeStub, ClientIdentity } from 'fabric-shim';

/** What the rules use of Fabric's stub; the fake in `testing/` keeps exactly this promise. */
export type LedgerStub = Pick<
  ChaincodeStub,
  | 'getTxID'
  | 'getChannelID'
  | 'getTxTimestamp'
  | 'getTransient'
  | 'getState'
  | 'putState'
  | 'deleteState'
  | 'invokeChaincode'
  | 'getStateByRange'
  | 'getStateByRangeWithPagination'
  | 'getStateByPartialCompositeKey'
  | 'getStateByPartialCompositeKeyWithPagination'
  | 'createCompositeKey'
  | 'getPrivateData'
  | 'putPrivateData'
  | 'purgePrivateData'
  | 'setEvent'
>;

/** What the rules use of the creator's certificate. */
export type CreatorIdentity = Pick<ClientIdentity, 'getMSPID' | 'getAttributeValue' | 'getIDBytes'>;
