// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HospitalContext } from '../plan/context.js';
import { approveAtAll } from './custody-approval.js';

let folder: string;
const servers: Server[] = [];
const asked: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'approve-'));
  asked.length = 0;
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function hospital(id: string): HospitalContext {
  const of = { hospital: { id, name: id }, at: { custodianSocket: join(folder, id) } };
  return of as unknown as HospitalContext;
}

/** An operator socket that answers with these codes one after the other, and 200 from then on. */
async function custodian(id: string, ...refusals: string[]): Promise<HospitalContext> {
  const server = createServer((request, response) => {
    asked.push(`${id} ${request.method} ${request.url}`);
    const code = refusals.shift();
    response.writeHead(code === undefined ? 200 : 403);
    response.end(JSON.stringify(code === undefined ? {} : { code, message: 'no' }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(folder, id), resolve));
  return hospital(id);
}

describe('approving a ceremony at every hospital of a machine', () => {
  test('asks each custodian, and names those that agreed', async () => {
    const all = [await custodian('alder'), await custodian('birch')];
    expect(await approveAtAll(all, 'cer_x')).toEqual(['alder', 'birch']);
    expect(asked.sort()).toEqual([
      'alder POST /custody/ceremonies/cer_x/approval',
      'birch POST /custody/ceremonies/cer_x/approval',
    ]);
  });

  test('leaves out who has no part, for whom it is over, and who does not run', async () => {
    const all = [
      await custodian('alder', 'CALLER_NOT_ENTITLED'),
      await custodian('birch', 'CEREMONY_INVALID'),
      hospital('cedar'),
      await custodian('dogwood'),
    ];
    expect(await approveAtAll(all, 'cer_x')).toEqual(['dogwood']);
  });

  test('waits until the ceremony has reached a hospital’s peer', async () => {
    expect(await approveAtAll([await custodian('alder', 'NOT_FOUND')], 'cer_x')).toEqual(['alder']);
    expect(asked).toHaveLength(2);
  });

  test('any other refusal is one', async () => {
    await expect(approveAtAll([await custodian('alder', 'PEER_STALE')], 'cer_x')).rejects.toThrow(
      'PEER_STALE',
    );
  });
});
