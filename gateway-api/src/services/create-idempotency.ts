// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import { DomainError } from '@tutela/chaincode/domain';
import { openAtRest, sealAtRest, utf8 } from '@tutela/crypto';
import type { KeptTransaction, TransactionKeeper } from '../ledger/ledger.js';
import type { KeyedName } from '../ledger/transactions.js';
import { bytesOf } from '../state/columns.js';
import { atomically } from '../state/open-state.js';
import { SEED_BYTES, type Attempt } from './attempt.js';
import type { Idempotency, KeyedRequest } from './idempotency.js';
import type { ServiceDeps } from './service-deps.js';

type Deps = Pick<ServiceDeps, 'state' | 'secretKey' | 'random' | 'nowMs'>;

/** How long answers are kept, in milliseconds. */
const KEEP_MS = 7 * 24 * 3_600_000;

/** Keyed requests in the gateway's state: begun before the first step, done with the answer after the last. */
export function createIdempotency(deps: Deps): Idempotency {
  const { state } = deps;
  state.exec(`CREATE TABLE IF NOT EXISTS keyed_request (
    name TEXT PRIMARY KEY, digest BLOB NOT NULL, seed BLOB NOT NULL, begun_at INTEGER NOT NULL,
    noted BLOB, answer BLOB);
    CREATE INDEX IF NOT EXISTS keyed_request_begun ON keyed_request (begun_at);
    CREATE TABLE IF NOT EXISTS kept_transaction (
    request TEXT NOT NULL REFERENCES keyed_request (name) ON DELETE CASCADE, name TEXT NOT NULL,
    sealed BLOB NOT NULL, PRIMARY KEY (request, name))`);
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
  const attempt = attemptOf(deps, name, row);
  const answer = await act(attempt);
  const sealed = seal(deps, placeOf(name), answer);
  atomically(deps.state, () => {
    deps.state.prepare('UPDATE keyed_request SET answer = ? WHERE name = ?').run(sealed, name);
    // What has a note runs again when the request is repeated, and must find the same transactions then.
    if (attempt.noted() === undefined)
      deps.state.prepare('DELETE FROM kept_transaction WHERE request = ?').run(name);
  });
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
    ...(found['noted'] !== null && { noted: open(deps, placeOf(name), bytesOf(found['noted'])) }),
    ...(found['answer'] !== null && { answer: open(deps, placeOf(name), bytesOf(found['answer'])) }),
  };
}

function attemptOf(deps: Deps, name: string, { seed, noted }: Row): Attempt {
  let current = noted;
  return {
    seed,
    noted: () => current,
    note: (value) => {
      const update = 'UPDATE keyed_request SET noted = ? WHERE name = ?';
      deps.state.prepare(update).run(seal(deps, placeOf(name), value), name);
      current = value;
    },
    ...keeperOf(deps, name),
  };
}

/** The transactions of a request, until it is answered. */
function keeperOf(deps: Deps, request: string): TransactionKeeper {
  const { state } = deps;
  const placeFor = (name: KeyedName): string => `kept-transaction:${JSON.stringify([request, name])}`;
  return {
    kept: (name) => {
      const query = 'SELECT sealed FROM kept_transaction WHERE request = ? AND name = ?';
      const found = state.prepare(query).get(request, name);
      return found && (open(deps, placeFor(name), bytesOf(found['sealed'])) as KeptTransaction);
    },
    keep: (name, transaction) => {
      const insert = 'INSERT OR REPLACE INTO kept_transaction (request, name, sealed) VALUES (?, ?, ?)';
      state.prepare(insert).run(request, name, seal(deps, placeFor(name), transaction));
    },
  };
}

function placeOf(name: string): string {
  return `keyed-request:${name}`;
}

/** Answers name records and practitioners, so they lie sealed. */
function seal({ secretKey, random }: Deps, place: string, value: object): Uint8Array {
  return sealAtRest({ key: secretKey }, utf8(JSON.stringify(value)), utf8(place), random);
}

function open({ secretKey }: Deps, place: string, sealed: Uint8Array): object {
  const opened = openAtRest({ key: secretKey }, sealed, utf8(place));
  return JSON.parse(new TextDecoder().decode(opened)) as object;
}

function nameOf({ scope, key }: KeyedRequest): string {
  return JSON.stringify([scope, key]);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
