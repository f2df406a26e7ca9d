// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { examplePlan } from '../testing/plan-inputs.js';
import { planProcesses } from '../plan/plan.js';
import { launch } from './launch.js';

describe('what is executed for a process', () => {
  test('is the program itself', () => {
    expect(launch({ command: '/p', args: ['--a', 'b c'] })).toEqual({ command: '/p', args: ['--a', 'b c'] });
  });

  test('is, in a network namespace, the program behind nsenter, its arguments untouched', () => {
    const inside = launch({ command: '/p', args: ['--a', 'b c'], networkNamespace: '/proc/7/ns/net' });
    expect(inside).toEqual({
      command: 'nsenter',
      args: ['--net=/proc/7/ns/net', '--', '/p', '--a', 'b c'],
    });
  });

  test('differs for no process of a hospital without a namespace', async () => {
    const inputs = { ...(await examplePlan()), networkNamespaces: { cedar: '/proc/7/ns/net' } };
    const entering = planProcesses(inputs).filter((spec) => launch(spec).command === 'nsenter');
    expect(new Set(entering.map(({ hospital }) => hospital))).toEqual(new Set(['cedar']));
    expect(entering).toHaveLength(8);
  });
});
