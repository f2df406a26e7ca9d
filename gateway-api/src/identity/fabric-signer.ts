// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { signers } from '@hyperledger/fabric-gateway';
import type { Signer } from './identity.js';

/** A signer over PEM material; Fabric wants low-S signatures, which its own signer makes. */
export function fabricSigner(certificate: string, privateKeyPem: string): Signer {
  return { certificate, sign: signers.newPrivateKeySigner(createPrivateKey(privateKeyPem)) };
}
