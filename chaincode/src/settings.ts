// SPDX-License-Identifier: Apache-2.0
import { object, text, type Decoded } from './domain/decode.js';

const path = text(4096);
const settings = object({
  address: text(255, /^[A-Za-z0-9.-]+:\d{1,5}$/),
  chaincodeId: text(255),
  tlsKeyFile: path,
  tlsCertFile: path,
  tlsClientCaFile: path,
  digest: text(64, /^[0-9a-f]{64}$/),
});

/** What the chaincode server is told by its environment; files are PEM. */
export type Settings = Decoded<typeof settings>;

/** Reads the settings from environment variables; throws BAD_REQUEST naming the one that is missing or wrong. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return settings(
    {
      address: environment.TUTELA_CHAINCODE_ADDRESS,
      chaincodeId: environment.TUTELA_CHAINCODE_ID,
      tlsKeyFile: environment.TUTELA_CHAINCODE_TLS_KEY_FILE,
      tlsCertFile: environment.TUTELA_CHAINCODE_TLS_CERT_FILE,
      tlsClientCaFile: environment.TUTELA_CHAINCODE_TLS_CLIENT_CA_FILE,
      digest: environment.TUTELA_CHAINCODE_DIGEST,
    },
    'TUTELA_CHAINCODE',
  );
}
