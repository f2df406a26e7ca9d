// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { layoutState } from '../plan/layout.js';
import { hospitalContext, type HospitalContext } from '../plan/context.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { inFolder } from '../testing/sleeper.js';
import { parseTopology } from '../topology/load.js';
import { convictionAdvice, convictionsOf, describeConviction } from './convictions.js';

const three =
  'hospitals:\n  - { id: alder, name: Alder }\n  - { id: birch, name: Birch }\n  - { id: cedar, name: Cedar }\n';

/** Three hospitals whose `peer` command is this script. */
async function consortium(folder: string, script: string): Promise<readonly HospitalContext[]> {
  await writeFile(join(folder, 'peer'), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const inputs = {
    ...(await examplePlan(parseTopology(three, 'file.yaml'))),
    layout: layoutState(folder),
    program: (name: string) => join(folder, name),
  };
  const all = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
  for (const { at } of all) await mkdir(at.peer, { recursive: true });
  return all;
}

const lies = JSON.stringify({
  accusations: [{ at: '2026-03-02T08:00:00.000Z' }, { at: '2026-03-01T08:00:00.000Z' }],
});
const answers = `case "$*" in *ListAccusations*CedarMSP*) echo '${lies}';; *) echo '{"accusations":[]}';; esac`;

describe('the convictions of custodians on the ledger', () => {
  test('are read through the first peer that answers, as the operator of its hospital', async () => {
    await inFolder(async (folder) => {
      const all = await consortium(
        folder,
        `[ "$CORE_PEER_LOCALMSPID" = AlderMSP ] && exit 1
case "$CORE_PEER_MSPCONFIGPATH" in *birch/operator/operator/msp) ;; *) exit 1;; esac
${answers}`,
      );
      expect(await convictionsOf(all, 20_000)).toEqual([
        { mspId: 'CedarMSP', times: 2, more: false, newestAt: '2026-03-02T08:00:00.000Z' },
      ]);
    });
  });

  test('are unknown when no peer answers in time', async () => {
    await inFolder(async (folder) => {
      expect(await convictionsOf(await consortium(folder, 'exec sleep 30'), 600)).toBeUndefined();
    });
  });

  test('are printed with the number, the newest time, and the reshare without the convicted', () => {
    const one = { mspId: 'CedarMSP', times: 1, more: false, newestAt: '2026-03-02T08:00:00.000Z' };
    expect(describeConviction(one)).toBe(
      'The custodian of CedarMSP was convicted by its own signature of false shares, once, most recently at 2026-03-02T08:00:00.000Z.',
    );
    expect(describeConviction({ ...one, times: 200, more: true })).toContain('at least 200 times');
    const members = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
    expect(convictionAdvice(2, members, ['CedarMSP'])).toContain(
      '`tutela custody reshare --threshold 2 --members AlderMSP BirchMSP`',
    );
    expect(convictionAdvice(3, members, ['CedarMSP'])).toContain('`tutela hospital add`');
  });

  test('the reshare that they advise makes the threshold equal to the number of members: that is said beside it', () => {
    const members = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
    expect(convictionAdvice(2, members, ['CedarMSP'])).toContain(
      'With 2 members and a threshold of 2 all must agree: one hospital that is away stops every opening. To avoid that, have another hospital join first (`tutela hospital add`).',
    );
    expect(convictionAdvice(2, [...members, 'ElmMSP'], ['CedarMSP'])).not.toContain('all must agree');
  });
});
