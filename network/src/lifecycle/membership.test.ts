// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { ChannelConfig } from './channel-config.js';
import { hasConsenter, majorityOf, membersOf, withConsenter, withMember } from './membership.js';

const organization = (mspId: string) => ({ values: { MSP: { value: { config: { name: mspId } } } } });
const groupsOf = (mspIds: readonly string[]) =>
  Object.fromEntries(mspIds.map((mspId) => [mspId, organization(mspId)]));
const consenterOf = (port: number) => ({ host: 'localhost', port, client_tls_cert: `cert of ${port}` });

function config(
  members: readonly string[],
  ordering: readonly string[],
  ports: readonly number[],
): ChannelConfig {
  const metadata = { consenters: ports.map(consenterOf), options: { tick_interval: '100ms' } };
  const orderer = {
    groups: groupsOf(ordering),
    values: { ConsensusType: { mod_policy: 'Admins', value: { type: 'etcdraft', metadata } } },
  };
  return {
    sequence: '3',
    channel_group: { groups: { Application: { groups: groupsOf(members) }, Orderer: orderer } },
  };
}

const two = ['AlderMSP', 'BirchMSP'];
const three = [...two, 'CedarMSP'];
const before = config(two, two, [1, 2]);
const wanted = config(three, three, [1, 2, 3]);
const newcomer = { host: 'localhost', port: 3 };

describe('a hospital that joins the channel', () => {
  test('becomes a member and an orderer, and changes nothing else', () => {
    const after = withMember(before, wanted, 'CedarMSP');
    expect(after).toMatchSnapshot();
    expect(membersOf(before)).toEqual(two);
  });

  test('has no vote on the next block before it is given one', () => {
    const member = withMember(before, wanted, 'CedarMSP');
    expect(hasConsenter(member, newcomer)).toBe(false);
    const voting = withConsenter(member, wanted, newcomer);
    expect(voting.channel_group.groups.Orderer).toMatchSnapshot();
    expect(withConsenter(voting, wanted, newcomer)).toEqual(voting);
  });

  test('without an orderer is a member alone', () => {
    const after = withMember(before, config(three, two, [1, 2]), 'CedarMSP');
    expect(Object.keys(after.channel_group.groups.Orderer.groups)).toEqual(two);
    expect(membersOf(after)).toEqual(three);
  });

  test('that the topology does not have is refused, and so is an orderer that it does not have', () => {
    expect(() => withMember(before, wanted, 'ElmMSP')).toThrow('no hospital ElmMSP');
    expect(() => withConsenter(before, wanted, { host: 'localhost', port: 9 })).toThrow(
      'no orderer at localhost:9',
    );
  });
});

describe('who must sign for a newcomer', () => {
  test('is a majority of the members', () => {
    expect(majorityOf(config(two, two, [1, 2]))).toEqual(two);
    expect(majorityOf(config(three, three, [1, 2, 3]))).toEqual(['AlderMSP', 'BirchMSP']);
    expect(majorityOf(config([...three, 'ElmMSP'], [...three, 'ElmMSP'], []))).toHaveLength(3);
  });

  test('is also a majority of those who order, where not all do', () => {
    const five = [...three, 'DogwoodMSP', 'ElmMSP'];
    expect(majorityOf(config(five, ['DogwoodMSP', 'ElmMSP'], []))).toEqual([
      'DogwoodMSP',
      'ElmMSP',
      'AlderMSP',
    ]);
  });
});
