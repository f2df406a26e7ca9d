// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { ChannelConfig } from './channel-config.js';
import { hasConsenter, membersOf, signersOf, withConsenter, withMember, withRules } from './membership.js';

const organization = (mspId: string) => ({ values: { MSP: { value: { config: { name: mspId } } } } });
const groupsOf = (mspIds: readonly string[]) =>
  Object.fromEntries(mspIds.map((mspId) => [mspId, organization(mspId)]));
const ruleOf = (n: number, identities: readonly string[]) => ({
  policy: { type: 1, value: { identities, rule: { n_out_of: { n } } } },
});
const consenterOf = (port: number) => ({ host: 'localhost', port, client_tls_cert: `cert of ${port}` });

function config(
  members: readonly string[],
  ordering: readonly string[],
  ports: readonly number[],
  needed = Math.floor(members.length / 2) + 1,
): ChannelConfig {
  const metadata = { consenters: ports.map(consenterOf), options: { tick_interval: '100ms' } };
  const orderer = {
    groups: groupsOf(ordering),
    policies: { Admins: ruleOf(needed, members), Writers: 'any' },
    values: { ConsensusType: { mod_policy: 'Admins', value: { type: 'etcdraft', metadata } } },
  };
  const policies = {
    Admins: ruleOf(needed, members),
    Endorsement: ruleOf(needed, members),
    LifecycleEndorsement: ruleOf(needed, members),
    Readers: 'any',
  };
  return {
    sequence: '3',
    channel_group: { groups: { Application: { groups: groupsOf(members), policies }, Orderer: orderer } },
  };
}

const two = ['AlderMSP', 'BirchMSP'];
const three = [...two, 'CedarMSP'];
const before = config(two, two, [1, 2]);
const wanted = config(three, three, [1, 2, 3]);
const newcomer = { host: 'localhost', port: 3 };

describe('a hospital that joins the channel', () => {
  test('becomes a member and an orderer, is counted by the rules, and changes nothing else', () => {
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

describe('who must sign a change of the channel', () => {
  test('is as many as the channel says', () => {
    expect(signersOf(config(two, two, [1, 2]))).toEqual(two);
    expect(signersOf(config(three, three, [1, 2, 3]))).toEqual(['AlderMSP', 'BirchMSP']);
    expect(signersOf(config(three, three, [1, 2, 3], 3))).toEqual(three);
  });

  test('begins with the one that asks', () => {
    expect(signersOf(config(three, three, [1, 2, 3]), 'CedarMSP')).toEqual(['CedarMSP', 'AlderMSP']);
  });

  test('hospitals without an orderer count like the others', () => {
    const five = [...three, 'DogwoodMSP', 'ElmMSP'];
    expect(signersOf(config(five, ['DogwoodMSP', 'ElmMSP'], []))).toEqual(three);
  });

  test('the number of signatures for a change of the channel follows a topology that asks for more, and nothing else changes', () => {
    const more = config(three, three, [1, 2, 3], 3);
    expect(withRules(wanted, more)).toEqual(more);
    const after = withRules(wanted, config(three, two, [1, 2], 3));
    expect(after).toEqual(more);
  });

  test('is not guessed where the channel does not say it', () => {
    const { channel_group: group } = structuredClone(wanted);
    group.groups.Application.policies = { Admins: { policy: { type: 3, value: { rule: 'MAJORITY' } } } };
    expect(() => signersOf({ channel_group: group })).toThrow('does not say how many');
  });
});
