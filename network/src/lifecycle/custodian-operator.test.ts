// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CEREMONY_PHASES } from '@tutela/chaincode/domain';
import type { HospitalContext } from '../plan/context.js';
import { ceremonyOf } from './custodian-operator.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'operator-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a custodian’s account of a ceremony', () => {
  test.each(CEREMONY_PHASES)('is read in the phase %s', async (phase) => {
    const custodianSocket = join(folder, 'custodian.sock');
    const custodian = createServer((_, response) => response.end(JSON.stringify({ ceremonyId: 'c', phase })));
    custodian.listen(custodianSocket);
    await once(custodian, 'listening');
    try {
      const context = { at: { custodianSocket }, hospital: { name: 'Alder' } } as unknown as HospitalContext;
      expect(await ceremonyOf(context, 'c')).toMatchObject({ phase });
    } finally {
      custodian.close();
    }
  });
});
