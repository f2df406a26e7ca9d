// SPDX-License-Identifier: Apache-2.0
import { KeyObject } from 'node:crypto';
import {
  suspensionBytes,
  suspensionStatement,
  type SignedSuspension,
  type SuspensionStatement,
} from '../domain/suspension.js';
import type { Identity } from './identity.js';
import { signBytes } from './patient.js';
import type { TestWorld } from './world.js';

/** A suspension of a person, signed by the given people. */
export function suspensionBy(
  world: TestWorld,
  { mspId, id: practitionerId }: Pick<Identity, 'mspId' | 'id'>,
  signers: readonly Identity[],
  change: Readonly<Partial<SuspensionStatement>> = {},
): SignedSuspension {
  const statement = suspensionStatement(
    {
      v: 1,
      kind: 'suspension',
      channel: 'tutela',
      mspId,
      practitionerId,
      reason: 'key-stolen',
      signedAt: world.ledger.now,
      nonce: world.names.nonce(),
      ...change,
    },
    'statement',
  );
  const signatures = signers.map((signer) => {
    const by = { mspId: signer.mspId, practitionerId: signer.id };
    const key = KeyObject.from(signer.keys.privateKey);
    return { ...by, signature: signBytes(key, suspensionBytes(statement, by)) };
  });
  return { statement, signatures };
}
