// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { memberPrincipal, validationParameter } from '../render/chaincode-definition.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { extendTopology } from '../topology/extend.js';
import { parseTopology } from '../topology/load.js';
import { isInForce, type CommittedDefinition } from './chaincode.js';

const three =
  'hospitals:\n  - { id: alder, name: A }\n  - { id: birch, name: B }\n  - { id: cedar, name: C }\n';

/** What Fabric's own policydsl makes of "OutOf(2, 'AlderMSP.peer', 'BirchMSP.peer', 'CedarMSP.peer')", release 2.5.9. */
const TWO_OF_THREE =
  'CkISEBIOCAISAggAEgIIARICCAIaDhIMCghBbGRlck1TUBADGg4SDAoIQmlyY2hNU1AQAxoOEgwKCENlZGFyTVNQEAM=';

function committedFor(
  version: string,
  mspIds: readonly string[],
  parameter = TWO_OF_THREE,
): CommittedDefinition {
  const identities = mspIds.map((mspId) => ({ principal: memberPrincipal(mspId) }));
  const policy = { Payload: { SignaturePolicy: { identities } } };
  const config = [{ Payload: { StaticCollectionConfig: { member_orgs_policy: policy } } }];
  return { sequence: 1, version, validation_parameter: parameter, collections: { config } };
}

describe('the committed chaincode definition', () => {
  test('is in force while it has the same code and the same hospitals, in whatever order', async () => {
    const inputs = await examplePlan(parseTopology(three, 'file'));
    const { version } = inputs.chaincode;
    expect(isInForce(inputs, committedFor(version, ['CedarMSP', 'AlderMSP', 'BirchMSP']))).toBe(true);
  });

  test('is not when the code is another, or a hospital has joined', async () => {
    const inputs = await examplePlan(parseTopology(three, 'file'));
    const joined = await examplePlan(parseTopology(extendTopology(three, 'file', { id: 'elm' }), 'file'));
    const { version } = inputs.chaincode;
    const of = (code: string) => committedFor(code, ['AlderMSP', 'BirchMSP', 'CedarMSP']);
    expect(isInForce(inputs, of('1.0-another'))).toBe(false);
    expect(isInForce(joined, of(version))).toBe(false);
  });

  test('is not when the topology asks for another number of endorsements', async () => {
    const stricter = await examplePlan(parseTopology(`${three}policies: { endorsement: 3 }\n`, 'file'));
    const { version } = stricter.chaincode;
    const members = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
    expect(isInForce(stricter, committedFor(version, members))).toBe(false);
    const parameter = validationParameter(stricter.topology);
    expect(isInForce(stricter, committedFor(version, members, parameter))).toBe(true);
  });

  test('names a hospital’s members, and its endorsement policy, as Fabric does', () => {
    expect(memberPrincipal('AlderMSP')).toBe('CghBbGRlck1TUA==');
    expect(validationParameter(parseTopology(three, 'file'))).toBe(TWO_OF_THREE);
  });
});
