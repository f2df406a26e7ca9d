// SPDX-License-Identifier: Apache-2.0
import protos from '@hyperledger/fabric-protos';

const { common, msp, peer } = protos;

/** A chaincode definition whose endorsement policy is "k of these hospitals", as Fabric's lifecycle answers it. */
export function encodeDefinition({
  required,
  hospitals,
}: Readonly<{ required: number; hospitals: readonly string[] }>): Uint8Array {
  const policy = new common.SignaturePolicyEnvelope();
  policy.setIdentitiesList(hospitals.map(peerOf));
  policy.setRule(
    outOf(
      required,
      hospitals.map((_, position) => signedBy(position)),
    ),
  );
  const parameter = new peer.ApplicationPolicy();
  parameter.setSignaturePolicy(policy);
  const definition = new peer.lifecycle.QueryChaincodeDefinitionResult();
  definition.setValidationParameter(parameter.serializeBinary());
  return definition.serializeBinary();
}

function peerOf(mspId: string): InstanceType<typeof msp.MSPPrincipal> {
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
