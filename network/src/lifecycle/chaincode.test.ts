// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { memberPrincipal } from '../render/chaincode-definition.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { extendTopology } from '../topology/extend.js';
import { parseTopology } from '../topology/load.js';
import { isInForce, type CommittedDefinition } from './chaincode.js';

const three =
  'hospitals:\n  - { id: alder, name: A }\n  - { id: birch, name: B }\n  - { id: cedar, name: C }\n';

function committedFor(version: string, mspIds: readonly string[]): CommittedDefinition {
  const identities = mspIds.map((mspId) => ({ principal: memberPrincipal(mspId) }));
  const policy = { Payload: { SignaturePolicy: { identities } } };
  const config = [{ Payload: { StaticCollectionConfig: { member_orgs_policy: policy } } }];
  return { sequence: 1, version, collections: { config } };
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

  test('names a hospital’s members as Fabric does', () => {
    expect(memberPrincipal('AlderMSP')).toBe('CghBbGRlck1TUA==');
  });
});
