// SPDX-License-Identifier: Apache-2.0
import protos from '@hyperledger/fabric-protos';
import type { MspId } from '../domain/ids.js';
import { keys, type Key } from './keys.js';
import type { Ledger } from './ledger.js';
import { keyText, list, read } from './store.js';

const { common, msp } = protos;

/** Who must endorse a change: a patient's home hospital, and `others` of the rest. */
export type HomePolicy = Readonly<{ home: MspId; others: number; rest: readonly MspId[] }>;

/**
 * The policy of everything that a patient decides: the home hospital AND t−1 others. A key's policy replaces the
 * chaincode's, so it must by itself demand as many hospitals as open a record.
 */
export async function homePolicy(ledger: Ledger, home: MspId): Promise<HomePolicy> {
  const [hospitals, custodians] = await Promise.all([
    list(ledger, keys.hospital()),
    read(ledger, keys.custodians()),
  ]);
  const members = hospitals.map(({ mspId }) => mspId);
  const majority = Math.floor(members.length / 2) + 1;
  const threshold = Math.min(Math.max(majority, custodians?.threshold ?? 0), members.length);
  return { home, others: threshold - 1, rest: members.filter((member) => member !== home) };
}

/** Puts a key under the policy, from the next transaction on. */
export async function setPolicy({ stub }: Ledger, key: Key<unknown>, policy: HomePolicy): Promise<void> {
  await stub.setStateValidationParameter(keyText(stub, key), encodePolicy(policy));
}

/** The policy as Fabric's SignaturePolicyEnvelope. */
export function encodePolicy({ home, others, rest }: HomePolicy): Uint8Array {
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setVersion(0);
  envelope.setIdentitiesList([home, ...rest].map(peerOf));
  const anyOfRest = outOf(
    others,
    rest.map((_, position) => signedBy(position + 1)),
  );
  envelope.setRule(others === 0 ? outOf(1, [signedBy(0)]) : outOf(2, [signedBy(0), anyOfRest]));
  return envelope.serializeBinary();
}

function peerOf(mspId: MspId): InstanceType<typeof msp.MSPPrincipal> {
  const role = new msp.MSPRole();
  role.setMspIdentifier(mspId);
  role.setRole(msp.MSPRole.MSPRoleType.PEER);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(role.serializeBinary());
  return principal;
}

function signedBy(position: number): InstanceType<typeof common.SignaturePolicy> {
  const rule = new common.SignaturePolicy();
  rule.setSignedBy(position);
  return rule;
}

function outOf(
  n: number,
  rules: InstanceType<typeof common.SignaturePolicy>[],
): InstanceType<typeof common.SignaturePolicy> {
  const threshold = new common.SignaturePolicy.NOutOf();
  threshold.setN(n);
  threshold.setRulesList(rules);
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(threshold);
  return rule;
}
