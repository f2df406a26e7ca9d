// SPDX-License-Identifier: Apache-2.0
import protos from '@hyperledger/fabric-protos';
import { DomainError } from '../domain/errors.js';
import { CHAINCODE_NAME } from '../domain/names.js';
import type { LedgerStub } from './stub.js';

const { msp, peer } = protos;

/** Fabric's own chaincode that holds the committed chaincode definitions. */
const LIFECYCLE = '_lifecycle';
const OK = 200;

/**
 * How many hospitals must endorse a change, by the chaincode definition that is committed on the channel now. No key
 * has a policy of its own, so this number counts for every key, and a new definition counts for all of them at once.
 * Throws CEREMONY_INVALID for a definition that is not of the form "k of these hospitals".
 */
export async function requiredEndorsements({
  stub,
  channel,
}: Readonly<{ stub: Pick<LedgerStub, 'invokeChaincode'>; channel: string }>): Promise<number> {
  const name = new peer.lifecycle.QueryChaincodeDefinitionArgs();
  name.setName(CHAINCODE_NAME);
  const args = ['QueryChaincodeDefinition', Buffer.from(name.serializeBinary()).toString('latin1')];
  const { status, payload } = await stub.invokeChaincode(LIFECYCLE, args, channel);
  const required = status === OK && payload !== undefined ? hospitalsIn(payload) : undefined;
  if (required === undefined)
    throw new DomainError(
      'CEREMONY_INVALID',
      'the endorsement policy of the channel is not of the form "k of these hospitals"; commit one that is',
    );
  return required;
}

/** k of a definition whose policy is "k of these hospitals", each named once by its peers; else undefined. */
function hospitalsIn(definition: Uint8Array): number | undefined {
  try {
    const parameter =
      peer.lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(
        definition,
      ).getValidationParameter_asU8();
    const policy = peer.ApplicationPolicy.deserializeBinary(parameter).getSignaturePolicy();
    const rule = policy?.getRule()?.getNOutOf();
    if (policy === undefined || rule === undefined) return undefined;
    const hospitals = policy.getIdentitiesList().map(hospitalOf);
    const named = rule
      .getRulesList()
      .map((each) => (each.hasNOutOf() ? undefined : hospitals[each.getSignedBy()]));
    const isFlat = named.every((each) => each !== undefined) && new Set(named).size === named.length;
    return isFlat ? rule.getN() : undefined;
  } catch {
    return undefined;
  }
}

function hospitalOf(principal: InstanceType<typeof msp.MSPPrincipal>): string | undefined {
  if (principal.getPrincipalClassification() !== msp.MSPPrincipal.Classification.ROLE) return undefined;
  const role = msp.MSPRole.deserializeBinary(principal.getPrincipal_asU8());
  return role.getRole() === msp.MSPRole.MSPRoleType.PEER ? role.getMspIdentifier() : undefined;
}
