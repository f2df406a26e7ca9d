// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HospitalContext } from '../plan/context.js';
import { beginOrAdvise, requireEnough } from './custody-ceremony.js';

let folder: string;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'begin-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function hospital(id: string): HospitalContext {
  const of = { hospital: { id, name: id }, at: { custodianSocket: join(folder, id) } };
  return of as unknown as HospitalContext;
}

/** An operator socket that refuses every ceremony with the code, and tells whether it holds a share. */
async function custodian(id: string, state: string, code: string): Promise<HospitalContext> {
  const server = createServer((request, response) => {
    response.writeHead(request.method === 'GET' ? 200 : 403);
    const account = { state, active: true, known: [] };
    response.end(JSON.stringify(request.method === 'GET' ? account : { code, message: 'wait' }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(folder, id), resolve));
  return hospital(id);
}

const REFRESH = { kind: 'refresh' } as const;

describe('a ceremony that a hospital may not start yet', () => {
  test('is refused with the hospitals that hold a share and may start it', async () => {
    const alder = await custodian('alder', 'active', 'RATE_LIMITED');
    const others = [
      await custodian('birch', 'active', 'RATE_LIMITED'),
      await custodian('dogwood', 'no-share', 'RATE_LIMITED'),
      hospital('elder'),
    ];
    await expect(beginOrAdvise(alder, others, REFRESH)).rejects.toMatchObject({
      code: 'OPERATOR_REFUSED',
      message: 'The custodian of alder refused: RATE_LIMITED: wait',
      advice: 'Another hospital may start it: add `--hospital <id>`, where the id is one of birch.',
    });
  });

  test('is refused with the advice to wait where no other hospital holds a share', async () => {
    const alder = await custodian('alder', 'active', 'RATE_LIMITED');
    await expect(beginOrAdvise(alder, [hospital('elder')], REFRESH)).rejects.toMatchObject({
      advice: 'Wait, then run the command again: no other hospital of this state holds a share.',
    });
  });

  test('refused for any other reason: the refusal names no other hospital', async () => {
    const alder = await custodian('alder', 'active', 'CEREMONY_INVALID');
    const birch = await custodian('birch', 'active', 'CEREMONY_INVALID');
    await expect(beginOrAdvise(alder, [birch], REFRESH)).rejects.toMatchObject({ advice: undefined });
  });
});

test('a ceremony whose threshold is more than its members is a mistake of the command line', () => {
  expect(() => {
    requireEnough(99, ['AlderMSP']);
  }).toThrow(
    expect.objectContaining({ code: 'USAGE', message: 'The threshold of 99 is more than the 1 member.' }),
  );
  requireEnough(2, ['AlderMSP', 'BirchMSP']);
  requireEnough(undefined, []);
});
