// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import type { FakeLedger } from './fake-ledger.js';
import type { Identity } from './identity.js';
import { readable } from './readable.js';
import { endorse, type Endorsed, type ProposalOptions } from './runner.js';

const SKEW_MS = 400 * 24 * 3_600_000;

/** What leaves a peer that has simulated a proposal: all peers must agree on it to the byte. */
export type Outcome = Readonly<{
  txId: string;
  answer: unknown;
  writes: Readonly<Record<string, unknown>>;
  privateWrites: Readonly<Record<string, unknown>>;
  event: string | undefined;
}>;

/**
 * Simulates one proposal on two peers: the clock of the second is as wrong as a peer's may be, that of its process is
 * wrong by more than a year, and its randomness is another.
 */
export async function endorseOnTwoPeers(
  ledger: FakeLedger,
  caller: Identity,
  name: string,
  request: unknown,
  options: ProposalOptions = {},
): Promise<Readonly<{ first: Endorsed; outcomes: readonly [Outcome, Outcome] }>> {
  const elsewhere = ledger.fork();
  elsewhere.advance(CLOCK_SKEW_MS);
  const sent = { timestampMs: ledger.nowMs, ...options };
  const first = await endorse(ledger, caller, name, request, sent);
  const second = await withSkewedWorld(() => endorse(elsewhere, caller, name, request, sent));
  return { first, outcomes: [outcomeOf(first), outcomeOf(second)] };
}

function outcomeOf({ txId, answer, stub }: Endorsed): Outcome {
  const { writes, privateWrites } = stub.rwset;
  return {
    txId,
    answer,
    writes: readable(writes),
    privateWrites: readable(privateWrites),
    event: stub.event && Buffer.from(stub.event.payload).toString(),
  };
}

/** Runs an act where the wall clock is wrong and every source of randomness answers something else. */
export async function withSkewedWorld<T>(run: () => Promise<T>): Promise<T> {
  const real = { Date, random: Math.random };
  globalThis.Date = skewedDate(real.Date);
  Math.random = () => 0.25;
  // An own property hides the method of the prototype until it is deleted again.
  Object.defineProperty(crypto, 'randomUUID', { configurable: true, value: () => '0' });
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: (array: Uint8Array) => array,
  });
  try {
    return await run();
  } finally {
    globalThis.Date = real.Date;
    Math.random = real.random;
    Reflect.deleteProperty(crypto, 'randomUUID');
    Reflect.deleteProperty(crypto, 'getRandomValues');
  }
}

function skewedDate(Real: DateConstructor): DateConstructor {
  return new Proxy(Real, {
    construct: (target, args: unknown[]) => {
      const [given] = args as [number?];
      return new target(given ?? Real.now() + SKEW_MS);
    },
    get: (target, name, receiver): unknown =>
      name === 'now' ? () => Real.now() + SKEW_MS : Reflect.get(target, name, receiver),
  });
}
