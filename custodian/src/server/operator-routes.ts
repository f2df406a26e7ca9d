// SPDX-License-Identifier: Apache-2.0
import { CEREMONY_KINDS, ceremonyId, DomainError, MAX_CUSTODIANS } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { startCeremony } from '../ceremony/start-ceremony.js';
import type { Custodian } from '../custodian.js';
import { backupShare, restoreShare } from '../share/backup.js';
import { voteRoutes } from '../degraded/degraded-routes.js';
import type { Route } from './http.js';
import { journalRoute, watchRoutes } from './routes.js';

const ceremonyRequest = z.strictObject({
  kind: z.enum(CEREMONY_KINDS),
  threshold: z.number().int().min(1).max(MAX_CUSTODIANS).optional(),
  members: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/))
    .min(1)
    .max(MAX_CUSTODIANS)
    .optional(),
});
const passphrase = z.string().min(12).max(1_024);
const backupRequest = z.strictObject({ passphrase });
const restoreRequest = z.strictObject({ passphrase, backup: z.string().max(16_384) });

/** What the hospital's own operator may ask, on a socket that only the own user can open. */
export function operatorRoutes(custodian: Custodian): readonly Route[] {
  return [
    ...watchRoutes(custodian),
    {
      method: 'GET',
      pattern: /^\/custody$/,
      handle: async () => ({ status: 200, body: await custodian.status() }),
    },
    journalRoute(custodian, /^\/journal$/),
    {
      method: 'GET',
      pattern: /^\/custody\/reconciliation$/,
      handle: async () => ({ status: 200, body: await custodian.reconcile() }),
    },
    ...voteRoutes(custodian),
    ...ceremonyRoutes(custodian),
    ...backupRoutes(custodian),
    {
      method: 'DELETE',
      pattern: /^\/custody\/fork$/,
      handle: async () => {
        await custodian.freshness.clearFork();
        return { status: 200, body: {} };
      },
    },
  ];
}

function ceremonyRoutes({ ledger, custody, directory, freshness, ceremonies }: Custodian): readonly Route[] {
  return [
    {
      method: 'POST',
      pattern: /^\/custody\/ceremonies$/,
      handle: async ({ body }) => {
        const asked = parse(ceremonyRequest, body);
        await directory.refresh();
        const registered = directory.all().map(({ mspId }): string => mspId);
        const present = { active: await custody.refresh(), registered, livePeers: freshness.livePeers() };
        const id = await startCeremony(ledger, asked, present);
        // Who starts a ceremony on the own custodian's socket approves it there.
        await ceremonies.approve(id);
        return { status: 202, body: { ceremonyId: id } };
      },
    },
    {
      method: 'POST',
      pattern: /^\/custody\/ceremonies\/([A-Za-z0-9_-]{1,64})\/approval$/,
      handle: async ({ parameters }) => {
        const { kind, threshold, members, dealers } = await ceremonies.approve(
          ceremonyId(parameters[0], '$'),
        );
        return { status: 200, body: { ceremonyId: parameters[0], kind, threshold, members, dealers } };
      },
    },
    {
      method: 'GET',
      pattern: /^\/custody\/ceremonies\/([A-Za-z0-9_-]{1,64})$/,
      handle: async ({ parameters }) => ({
        status: 200,
        body: await ceremonies.find(ceremonyId(parameters[0], '$')),
      }),
    },
    {
      method: 'DELETE',
      pattern: /^\/custody\/ceremonies\/([A-Za-z0-9_-]{1,64})$/,
      handle: async ({ parameters }) => {
        await ledger.submit('custody:Abort', { ceremonyId: ceremonyId(parameters[0], '$') });
        return { status: 200, body: {} };
      },
    },
  ];
}

function backupRoutes({ custody, shares, ledger }: Custodian): readonly Route[] {
  return [
    {
      method: 'POST',
      pattern: /^\/custody\/backup$/,
      handle: ({ body }) => {
        const share = custody.active === undefined ? undefined : shares.find(custody.active);
        if (share === undefined)
          throw new DomainError('CUSTODY_INACTIVE', 'there is no active share to back up');
        const { epoch, ceremonyId: of } = share;
        return {
          status: 200,
          body: { epoch, ceremonyId: of, backup: backupShare(share, parse(backupRequest, body).passphrase) },
        };
      },
    },
    {
      method: 'POST',
      pattern: /^\/custody\/restore$/,
      handle: async ({ body }) => {
        const active = await custody.refresh();
        if (active === undefined) throw new DomainError('CUSTODY_INACTIVE', 'there is no active key');
        await shares.keep(restoreShare(parse(restoreRequest, body), { mspId: ledger.mspId, active }));
        return { status: 200, body: { state: custody.state, epoch: active.epoch } };
      },
    },
  ];
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new DomainError('BAD_REQUEST', 'the request is not as documented');
  return parsed.data;
}
