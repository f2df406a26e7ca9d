// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { examplePlan } from '../testing/plan-inputs.js';
import type { ChannelConfig } from './channel-config.js';
import { unknownAddresses } from './orderer-addresses.js';

const own = ['localhost:7106', 'localhost:7126', 'localhost:7146'];
const entry = (addresses: readonly string[]) => ({
  values: { MSP: { value: { config: {} } }, Endpoints: { value: { addresses } } },
});

function config(birch: readonly string[], shared?: readonly string[]): ChannelConfig {
  const groups = { AlderMSP: entry(own.slice(0, 1)), BirchMSP: entry(birch), CedarMSP: entry(own.slice(2)) };
  return {
    channel_group: {
      groups: { Application: { groups: {}, policies: {} }, Orderer: { groups, policies: {} } },
      values: { ...(shared !== undefined && { OrdererAddresses: { value: { addresses: shared } } }) },
    },
  };
}

describe('the doctor, of orderers’ addresses in the channel’s configuration', () => {
  test('finds nothing where they are those of the topology', async () => {
    expect(unknownAddresses(config(own.slice(1, 2)), await examplePlan())).toEqual([]);
  });

  test('attack: the doctor names orderers’ addresses that are not in the topology, a hospital’s and the channel’s', async () => {
    const hostile = config([...own.slice(1, 2), 'localhost:9001'], ['localhost:9002']);
    expect(unknownAddresses(hostile, await examplePlan())).toEqual(['localhost:9002', 'localhost:9001']);
  });
});
