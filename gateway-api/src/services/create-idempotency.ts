// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import { DomainError } from '@tutela/chaincode/domain';
import { openAtRest, sealAtRest, utf8 } from '@tutela/crypto';
import { bytesOf } from '../state/columns.js';
import type { Attempt } from './attempt.js';
import type { Idempotency, KeyedRequest } from './idempotency.js';
import type { ServiceDeps } from './service-deps.js';

type Deps = Pick<ServiceDeps, 'state' | 'secretKey' | 'random' | 'nowMs'>;

/** How long answers are kept, in milliseconds. */
const KEEP_MS = 7 * 24 * 3_600_000;
const SEED_BYTES = 32;

/** Keyed requests in the gateway's state: begun before the first step, done with the answer after the last. */
export function createIdempotency(deps: Deps): Idempotency {
  const { state } = deps;
  state.exec(`CREATE TABLE IF NOT EXISTS keyed_request (
    name TEXT PRIMARY KEY, digest BLOB NOT NULL, seed BLOB NOT NULL, begun_at INTEGER NOT NULL,
    noted BLOB, answer BLOB);
    CREATE INDEX IF NOT EXISTS keyed_request_begun ON keyed_request (begun_at)`);
  const running = new Set<string>();
  return {
    run: async (request, act) => {
      const name = nameOf(request);
      if (running.has(name))
        throw new DomainError('CONFLICT', 'a request with this key is being worked on; retry soon');
      running.add(name);
      try {
        return await runOnce(deps, name, request, act);
      } finally {
        running.delete(name);
      }
    },
  };
}

async function runOnce<T extends object>(
  deps: Deps,
  name: string,
  request: KeyedRequest,
  act: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const row = begin(deps, name, request);
  if (row.answer !== undefined && row.noted === undefined) return row.answer as T;
  const answer = await act(attemptOf(deps, name, row));
  const update = 'UPDATE keyed_request SET answer = ? WHERE name = ?';
  deps.state.prepare(update).run(seal(deps, name, answer), name);
  return answer;
}

type Row = Readonly<{ seed: Uint8Array; noted?: object; answer?: object }>;

function begin(deps: Deps, name: string, { digest }: KeyedRequest): Row {
  const { state, random, nowMs } = deps;
  state.prepare('DELETE FROM keyed_request WHERE begun_at < ?').run(nowMs() - KEEP_MS);
  const found = state
    .prepare('SELECT digest, seed, noted, answer FROM keyed_request WHERE name = ?')
    .get(name);
  if (found === undefined) {
    const seed = random(SEED_BYTES);
    const insert = 'INSERT INTO keyed_request (name, digest, seed, begun_at) VALUES (?, ?, ?, ?)';
    state.prepare(insert).run(name, digest, seed, nowMs());
    return { seed };
  }
  if (!equal(bytesOf(found['digest']), digest))
    throw new DomainError('CONFLICT', 'this Idempotency-Key was used for another request');
  return {
    seed: bytesOf(found['seed']),
    ...(found['noted'] !== null && { noted: open(deps, name, bytesOf(found['noted'])) }),
    ...(found['answer'] !== null && { answer: open(deps, name, bytesOf(found['answer'])) }),
  };
}

function attemptOf(deps: Deps, name: string, { seed, noted }: Row): Attempt {
  let current = noted;
  return {
    seed,
    noted: () => current,
    note: (value) => {
      const update = 'UPDATE keyed_request SET noted = ? WHERE name = ?';
      deps.state.prepare(update).run(seal(deps, name, value), name);
      current = value;
    },
  };
}

/** Answers name records and practitioners, so they lie sealed. */
function seal({ secretKey, random }: Deps, name: string, value: object): Uint8Array {
  return sealAtRest({ key: secretKey }, utf8(JSON.stringify(value)), utf8(`keyed-request:${name}`), random);
}

function open({ secretKey }: Deps, name: string, sealed: Uint8Array): object {
  const opened = openAtRest({ key: secretKey }, sealed, utf8(`keyed-request:${name}`));
  return JSON.parse(new TextDecoder().decode(opened)) as object;
}

function nameOf({ scope, key }: KeyedRequest): string {
  return JSON.stringify([scope, key]);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
