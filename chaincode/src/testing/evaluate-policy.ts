// SPDX-License-Identifier: Apache-2.0
import protos from '@hyperledger/fabric-protos';

const { common, msp } = protos;
type SignaturePolicy = InstanceType<typeof common.SignaturePolicy>;

/** Whether endorsements of the given hospitals satisfy a SignaturePolicyEnvelope, as a validating peer decides. */
export function satisfiesPolicy(envelope: Uint8Array, endorsers: readonly string[]): boolean {
  const policy = common.SignaturePolicyEnvelope.deserializeBinary(envelope);
  const principals = policy.getIdentitiesList().map((principal) => {
    const role = msp.MSPRole.deserializeBinary(principal.getPrincipal_asU8());
    if (role.getRole() !== msp.MSPRole.MSPRoleType.PEER) throw new Error('only peers endorse');
    return role.getMspIdentifier();
  });
  const rule = policy.getRule();
  return rule !== undefined && satisfies(rule, principals, endorsers);
}

function satisfies(
  rule: SignaturePolicy,
  principals: readonly string[],
  endorsers: readonly string[],
): boolean {
  const threshold = rule.getNOutOf();
  if (threshold === undefined) return endorsers.includes(principals[rule.getSignedBy()] ?? '');
  const met = threshold.getRulesList().filter((inner) => satisfies(inner, principals, endorsers));
  return met.length >= threshold.getN();
}
