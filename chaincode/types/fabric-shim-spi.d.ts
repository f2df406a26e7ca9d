// SPDX-License-Identifier: Apache-2.0
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract.js' {
  import type { ChaincodeInterface } from 'fabric-shim';

  /** Turns contract classes into the one chaincode that a shim serves. */
  export default class ChaincodeFromContract implements ChaincodeInterface {
    constructor(
      contracts: readonly (new () => object)[],
      serializers: object,
      metadata: object,
      title: string,
      version: string,
    );
    readonly metadata: Readonly<{ contracts: Readonly<Record<string, unknown>> }>;
    Init: ChaincodeInterface['Init'];
    Invoke: ChaincodeInterface['Invoke'];
  }
}
