// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { signers } from '@hyperledger/fabric-gateway';
import type { Signer } from './identity.js';
import { statementSigner } from './statement-signer.js';

/** A signer over PEM material; Fabric wants low-S signatures, which its own signer makes. */
export function fabricSigner(certificate: string, privateKeyPem: string): Signer {
  const key = createPrivateKey(privateKeyPem);
  return { certificate, sign: signers.newPrivateKeySigner(key), signStatement: statementSigner(key) };
}
