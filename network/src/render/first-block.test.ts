// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import fabricProtos from '@hyperledger/fabric-protos';
import { groupsOf, policiesOf, valuesOf, withSharedEntries } from './first-block.js';

const { common } = fabricProtos;
const hospitals = ['AlderMSP', 'BirchMSP'];

/** A first block as configtxgen makes it: everything in a hospital's entry is that hospital's to change. */
function firstBlock(values: readonly string[]): Uint8Array {
  const channel = new common.ConfigGroup();
  for (const part of ['Application', 'Orderer']) {
    const group = new common.ConfigGroup();
    for (const hospital of hospitals) groupsOf(group).set(hospital, entry(values));
    groupsOf(channel).set(part, group);
  }
  const config = new common.Config();
  config.setChannelGroup(channel);
  const configuration = new common.ConfigEnvelope();
  configuration.setConfig(config);
  const payload = new common.Payload();
  payload.setData(configuration.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const data = new common.BlockData();
  data.setDataList([envelope.serializeBinary()]);
  const block = new common.Block();
  block.setHeader(new common.BlockHeader());
  block.setData(data);
  return block.serializeBinary();
}

function entry(values: readonly string[]) {
  const group = new common.ConfigGroup();
  group.setModPolicy('Admins');
  for (const name of values) {
    const value = new common.ConfigValue();
    value.setModPolicy('Admins');
    value.setValue(Buffer.from(name));
    valuesOf(group).set(name, value);
  }
  for (const name of ['Admins', 'Writers']) {
    const policy = new common.ConfigPolicy();
    policy.setModPolicy('Admins');
    policiesOf(group).set(name, policy);
  }
  return group;
}

/** Who changes each hospital's entry and what is in it, in one part of a first block's configuration. */
function rulesIn(bytes: Uint8Array, part: string) {
  const [data = new Uint8Array()] = common.Block.deserializeBinary(bytes).getData()?.getDataList_asU8() ?? [];
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(data).getPayload_asU8());
  const { config } = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).toObject();
  const groups = config?.channelGroup?.groupsMap.find(([name]) => name === part)?.[1].groupsMap ?? [];
  return Object.fromEntries(
    groups.map(([name, { modPolicy, valuesMap, policiesMap }]) => [
      name,
      {
        modPolicy,
        ...Object.fromEntries([...valuesMap, ...policiesMap].map(([part, rule]) => [part, rule.modPolicy])),
      },
    ]),
  );
}

describe('the first block', () => {
  const changed = withSharedEntries(firstBlock(['Endpoints', 'MSP']));

  test('attack: the first block lets no hospital change anything in its own entry alone', () => {
    const consortium = '/Channel/Orderer/Admins';
    const inside = { Endpoints: consortium, MSP: consortium, Admins: consortium, Writers: consortium };
    const rules = { modPolicy: consortium, ...inside };
    for (const part of ['Application', 'Orderer'])
      expect(rulesIn(changed, part)).toEqual({ AlderMSP: rules, BirchMSP: rules });
  });

  test('has the hash of what is in it', () => {
    const block = common.Block.deserializeBinary(changed);
    const hash = createHash('sha256')
      .update(block.getData()?.getDataList_asU8()[0] ?? '')
      .digest();
    expect(Buffer.from(block.getHeader()?.getDataHash_asU8() ?? [])).toEqual(hash);
  });

  test('attack: lets no hospital whose orderer has no address add one alone', () => {
    const consortium = '/Channel/Orderer/Admins';
    const inside = { MSP: consortium, Admins: consortium, Writers: consortium };
    const rules = { modPolicy: consortium, ...inside };
    expect(rulesIn(withSharedEntries(firstBlock(['MSP'])), 'Orderer')).toEqual({
      AlderMSP: rules,
      BirchMSP: rules,
    });
  });
});
