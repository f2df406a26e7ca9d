// SPDX-License-Identifier: Apache-2.0
import { consentId, DomainError, handle, releaseRequest } from '@tutela/chaincode/domain';
import { signedHead, type SignedHead } from '../freshness/head.js';
import type { Custodian } from '../custodian.js';
import { heldStatement } from '../holds/holds.js';
import type { ReleaseService } from '../release/release-service.js';
import { degradedRoutes } from '../degraded/degraded-routes.js';
import { copyRoutes } from './copy-routes.js';
import type { Route } from './http.js';

/** What other hospitals' gateways and custodians may ask (mutual TLS). */
export function peerRoutes(custodian: Custodian): readonly Route[] {
  const { releases, holds, directory, freshness, announcer, heart } = custodian;
  return [
    releaseRoute(releases),
    {
      method: 'POST',
      pattern: /^\/v1\/holds$/,
      handle: async ({ body, headers }) => {
        const from = headers['tutela-forwarded'] === undefined ? 'outside' : 'custodian';
        await holds.accept(heldStatement(body, '$'), from);
        return { status: 202, body: { held: true } };
      },
    },
    {
      method: 'GET',
      pattern: /^\/v1\/holds\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})$/,
      handle: ({ parameters: [of, id] }) => {
        const waitingMs = holds.waiting(handle(of, '$'), consentId(id, '$'));
        return { status: 200, body: waitingMs === undefined ? { held: false } : { held: true, waitingMs } };
      },
    },
    {
      method: 'POST',
      pattern: /^\/v1\/heads$/,
      handle: async ({ body, hospital }) => {
        const signed = parseHead(body);
        if (signed.head.mspId !== (await hospital()))
          throw new DomainError('CALLER_NOT_ENTITLED', 'a head is reported by its own hospital alone');
        await freshness.accept(signed, directory.find(signed.head.mspId));
        // So that one who has just started hears of the others as soon as it speaks.
        return { status: 202, body: announcer.current() ?? {} };
      },
    },
    {
      method: 'GET',
      pattern: /^\/v1\/head$/,
      handle: () => {
        const head = announcer.current();
        if (head === undefined) throw new DomainError('PEER_STALE', 'the own peer has shown no block yet');
        return { status: 200, body: head };
      },
    },
    {
      method: 'POST',
      pattern: /^\/v1\/heartbeat$/,
      handle: async ({ hospital }) => {
        heart.demand(await hospital());
        return { status: 202, body: {} };
      },
    },
    ...degradedRoutes(custodian),
    ...copyRoutes(custodian),
    journalRoute(custodian, /^\/v1\/journal$/),
    ...watchRoutes(custodian),
  ];
}

/** Whether the custodian is up, and what it counts: no one's secret, and answered from memory. */
export function watchRoutes(custodian: Pick<Custodian, 'health' | 'metrics'>): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: /^\/healthz$/,
      handle: () => ({ status: 200, body: custodian.health() }),
      takesTurns: 'never',
    },
    {
      method: 'GET',
      pattern: /^\/metrics$/,
      handle: () => ({ status: 200, body: custodian.metrics() }),
      takesTurns: 'never',
    },
  ];
}

/** Releases for a gateway. */
export function releaseRoute(releases: ReleaseService): Route {
  return {
    method: 'POST',
    pattern: /^\/v1\/releases$/,
    handle: async ({ body, hospital }) => ({
      status: 200,
      body: await releases.release(releaseRequest(body, '$'), await hospital()),
    }),
    takesTurns: 'itself',
  };
}

/** Pages of the journal: ids and codes only. */
export function journalRoute({ journal }: Pick<Custodian, 'journal'>, pattern: RegExp): Route {
  return {
    method: 'GET',
    pattern,
    handle: async ({ query }) => {
      const from = Number(query.get('from') ?? '1');
      if (!Number.isSafeInteger(from) || from < 1)
        throw new DomainError('BAD_REQUEST', 'from must be a line number');
      return {
        status: 200,
        body: { head: journal.head, length: journal.length, lines: await journal.read(from) },
      };
    },
  };
}

function parseHead(body: unknown): SignedHead {
  const parsed = signedHead.safeParse(body);
  if (!parsed.success) throw new DomainError('BAD_REQUEST', 'not a signed head');
  return parsed.data;
}
