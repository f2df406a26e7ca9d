// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { ChannelConfig } from './channel-config.js';
import { withRevocationList } from './revocation-list.js';

const organization = (extra: object = {}) => ({
  values: { MSP: { value: { config: { name: 'x', ...extra } } } },
});

function config(orderers: ChannelConfig['channel_group']['groups']['Orderer']['groups']): ChannelConfig {
  return {
    sequence: '3',
    channel_group: {
      groups: {
        Application: {
          groups: { AlderMSP: organization({ revocation_list: ['b2xk'] }), BirchMSP: organization() },
          policies: {},
        },
        Orderer: { groups: orderers, policies: {} },
      },
    },
  };
}

const listOf = (changed: ChannelConfig, part: 'Application' | 'Orderer', mspId: string) =>
  changed.channel_group.groups[part].groups[mspId]?.values.MSP.value.config.revocation_list;

describe('a hospital’s revocation list', () => {
  test('replaces the one before, as member and as orderer, and touches no other hospital', () => {
    const before = config({ AlderMSP: organization(), BirchMSP: organization() });
    const after = withRevocationList(before, 'AlderMSP', 'new');
    const wanted = [Buffer.from('new').toString('base64')];
    expect([listOf(after, 'Application', 'AlderMSP'), listOf(after, 'Orderer', 'AlderMSP')]).toEqual([
      wanted,
      wanted,
    ]);
    expect([listOf(after, 'Application', 'BirchMSP'), listOf(after, 'Orderer', 'BirchMSP')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(listOf(before, 'Application', 'AlderMSP')).toEqual(['b2xk']);
  });

  test('of a hospital without an orderer is in its membership alone', () => {
    const after = withRevocationList(config({ BirchMSP: organization() }), 'AlderMSP', 'new');
    expect(listOf(after, 'Application', 'AlderMSP')).toHaveLength(1);
  });

  test('of a stranger is refused', () => {
    expect(() => withRevocationList(config({}), 'ElmMSP', 'new')).toThrow('knows no hospital ElmMSP');
  });
});
