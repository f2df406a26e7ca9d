// SPDX-License-Identifier: Apache-2.0
import type { GuardianId } from '../domain/ids.js';
import {
  COOLING_OFF_MS,
  rotationStatement,
  rotationVeto,
  type KeyRotation,
  type NamedKeyRotation,
  type RequestKeyRotation,
  type SignedVeto,
} from '../domain/key-rotation.js';
import { newKey, signStatement, type TestPatient } from './patient.js';
import { seeAct } from './sighting.js';
import type { TestWorld } from './world.js';

/** The same patient with a fresh key. */
export function withNewKey({ mspId, handle }: TestPatient): TestPatient {
  return { handle, mspId, ...newKey() };
}

/** Arguments of `registry:RequestKeyRotation`, signed by the key that is to follow. */
export function rotationRequest(world: TestWorld, renewed: TestPatient, keyVersion = 1): RequestKeyRotation {
  const { handle, mspId, publicKey } = renewed;
  const once = { publicKey, nonce: world.names.nonce() };
  const proof = signStatement(renewed, rotationStatement('tutela', { mspId, handle, keyVersion }, once));
  return { handle, ...once, proof };
}

/** A veto of whoever still has the key, or of a guardian. */
export function vetoOf(
  world: TestWorld,
  { handle, publicKey }: Pick<TestPatient, 'handle' | 'publicKey'>,
  signer: Pick<TestPatient, 'privateKey'>,
  change: Readonly<{ guardianId?: GuardianId }> = {},
): SignedVeto {
  const fields = { v: 1, kind: 'key-rotation-veto', channel: 'tutela', handle, publicKey };
  const once = { signedAt: world.ledger.now, nonce: world.names.nonce(), ...change };
  const statement = rotationVeto({ ...fields, ...once }, 'statement');
  return { statement, signature: signStatement(signer, statement) };
}

/** How the steps of a handle's present rotation name it. */
export function nameRotation(world: TestWorld, { handle }: Pick<TestPatient, 'handle'>): NamedKeyRotation {
  const { publicKey, txId: requestTxId } = world.ledger.world()[`key-rotation/${handle}`] as KeyRotation;
  return { handle, publicKey, requestTxId };
}

/** A rotation that was asked for at home, approved at the next hospital and seen by all two days ago; only its completion is left. */
export async function cooledOff(world: TestWorld, renewed: TestPatient): Promise<void> {
  const home = world.homeOf(renewed);
  const other = world.hospitals.find(({ mspId }) => mspId !== home.mspId) ?? home;
  await world.run(home.registrar, 'registry:RequestKeyRotation', rotationRequest(world, renewed));
  const named = nameRotation(world, renewed);
  const { txId } = await world.run(other.registrar, 'registry:ApproveKeyRotation', named);
  await seeAct(world, txId);
  world.ledger.advance(COOLING_OFF_MS);
}
