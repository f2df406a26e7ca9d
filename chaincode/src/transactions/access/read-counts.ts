// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import type { Consent } from '../../domain/consent.js';
import type { ConsentId } from '../../domain/ids.js';
import { keys, type Key, type ReadCount } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { list, read, write } from '../../state/store.js';

/**
 * Reads of one version of a limited consent are counted by so many counters at most, each with its own part of the
 * limit. The parts add up to the limit, so it is exact; a counter that has reached its part changes no more, so only
 * readers who take the same counter in the same moment conflict; and the ledger keeps no key for each read.
 */
export const COUNTERS = 64;

/** A counter with room for one more read. */
export type FreeCounter = Readonly<{ key: Key<ReadCount>; count: number }>;

/** Looks for counters with room, once for each consent of one intent. */
export class ReadCounters {
  readonly #ledger: Ledger;
  readonly #found = new Map<ConsentId, FreeCounter | undefined>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether one more read is left under a limited consent of the patient of this intent. */
  async hasRoom(consent: Consent): Promise<boolean> {
    const { consentId } = consent.statement;
    if (!this.#found.has(consentId)) this.#found.set(consentId, await freeCounter(this.#ledger, consent));
    return this.wasFree(consentId);
  }

  /** What {@link ReadCounters.hasRoom} answered; false for a consent that it was not asked about. */
  wasFree(consentId: ConsentId): boolean {
    return this.#found.get(consentId) !== undefined;
  }

  /** Counts one read under each of the consents. */
  async count(consentIds: readonly ConsentId[]): Promise<void> {
    for (const id of consentIds) {
      const free = this.#found.get(id);
      if (free !== undefined) await write(this.#ledger, free.key, { v: 1, count: free.count + 1 });
    }
  }
}

/** Reads counted under a limited consent, those of its earlier versions included. */
export async function readsCounted(reader: Reader, consent: Consent): Promise<number> {
  const [earlier, present] = await Promise.all([
    readsBefore(reader, consent),
    sumOf(reader, consent.statement, consent.statement.version),
  ]);
  return earlier + present;
}

/**
 * Reads under all versions before the one that now takes the place of `before`, except those under `before` itself:
 * its readers may still be counted until this commits, and reading their counters here would let them keep the
 * patient from replacing it.
 */
export function readsToCarry(reader: Reader, before: Consent): Promise<number> {
  return readsBefore(reader, before);
}

/** Reads under earlier versions; none of those is read under any more, so these counters stay as they are. */
async function readsBefore(reader: Reader, { statement, readsCarried = 0 }: Consent): Promise<number> {
  if (statement.version === 1) return 0;
  return readsCarried + (await sumOf(reader, statement, statement.version - 1));
}

async function sumOf(
  reader: Reader,
  { handle, consentId }: Consent['statement'],
  version: number,
): Promise<number> {
  const counters = await list(reader, keys.read(handle, consentId, version));
  return counters.reduce((sum, { count }) => sum + count, 0);
}

async function freeCounter(ledger: Ledger, consent: Consent): Promise<FreeCounter | undefined> {
  const { handle, consentId, version, maxReads = 0 } = consent.statement;
  const left = maxReads - (await readsBefore(ledger, consent));
  for (const counter of shuffled(ledger.txId, Math.min(COUNTERS, left))) {
    const key = keys.read(handle, consentId, version, counter);
    const count = (await read(ledger, key))?.count ?? 0;
    if (count < partOf(left, counter)) return { key, count };
  }
  return undefined;
}

/** What one counter may count; the parts of all counters add up to the limit. */
function partOf(limit: number, counter: number): number {
  return Math.floor(limit / COUNTERS) + (counter < limit % COUNTERS ? 1 : 0);
}

/** The counters in an order that differs from transaction to transaction and is the same on every peer. */
function shuffled(txId: string, counters: number): readonly number[] {
  const encoder = new TextEncoder();
  const rank = (counter: number): number => {
    const [a = 0, b = 0, c = 0, d = 0] = sha256(encoder.encode(`${txId}~${String(counter)}`));
    return ((a * 256 + b) * 256 + c) * 256 + d;
  };
  const ranked = Array.from(
    { length: Math.max(0, counters) },
    (_, counter) => [rank(counter), counter] as const,
  );
  return ranked.sort(([a], [b]) => a - b).map(([, counter]) => counter);
}
