// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { keys } from '../state/keys.js';
import { encodeDefinition } from './definition.js';
import { FakeState } from './fake-state.js';
import { FakeStub } from './fake-stub.js';
import type { Identity } from './identity.js';
import { readable } from './readable.js';
import { conflictOf, type ReadWriteSet } from './read-write-set.js';

/** How a transaction ended at commit, in Fabric's words. */
export type CommitStatus =
  'VALID' | 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT' | 'ENDORSEMENT_POLICY_FAILURE';

/** A simulated transaction that was not committed yet. */
export type Simulated = Readonly<{ txId: string; rwset: ReadWriteSet; event: FakeStub['event'] }>;

/** One channel in memory: committed state, private data, and a clock that only the test moves. */
export class FakeLedger {
  readonly channel = 'tutela';
  /** How many hospitals found the consortium, as the chaincode of each is told. */
  readonly founders: number;
  nowMs = Date.parse('2026-03-01T08:00:00.000Z');
  /** How many hospitals must endorse, by the committed definition; a majority of the registered ones if left out. */
  endorsements: number | undefined;
  #state = new FakeState();
  #vault = new FakeState();
  #absent: ReadonlySet<string> = new Set();
  #height = 0;
  #proposals = 0;

  constructor(founders = 3) {
    this.founders = founders;
  }

  /** A ledger with the same past and a future of its own. */
  fork(): FakeLedger {
    const copy = new FakeLedger(this.founders);
    copy.nowMs = this.nowMs;
    copy.#state = this.#state.copy();
    copy.#vault = this.#vault.copy();
    copy.#absent = this.#absent;
    copy.endorsements = this.endorsements;
    copy.#height = this.#height;
    copy.#proposals = this.#proposals;
    return copy;
  }

  /** The current time of the clock as the ledger writes it. */
  get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** A stub for the next proposal of a caller. */
  propose(
    creator: Identity,
    options: Readonly<{ transient?: ReadonlyMap<string, Uint8Array>; timestampMs?: number }> = {},
  ): FakeStub {
    this.#proposals += 1;
    const txId = createHash('sha256')
      .update(`${String(this.#proposals)} ${creator.certificatePem}`)
      .digest('hex');
    const timestampMs = options.timestampMs ?? this.nowMs;
    const transient = options.transient ?? new Map<string, Uint8Array>();
    return new FakeStub(
      { txId, channel: this.channel, timestampMs, creator, transient, definition: this.#definition() },
      { state: this.#state, vault: this.#vault, absent: this.#absent },
    );
  }

  /** Private data about a record, committed so far, never came to this peer: their author withheld them, or it was down. */
  losePrivateData(recordId: string): void {
    const about = this.#vault.entries().filter(([name]) => name.split('\u0000').includes(recordId));
    this.#absent = new Set([...this.#absent, ...about.map(([name]) => name)]);
  }

  /** Peers that have what this peer lacks hand it over, as Fabric's peers do in the background. */
  reconcilePrivateData(): void {
    this.#absent = new Set();
  }

  /** Validates and commits one simulated transaction as a block of its own; without endorsers, all have endorsed. */
  commit({ rwset }: Pick<FakeStub, 'rwset'>, endorsers: readonly string[] = this.hospitals()): CommitStatus {
    if (new Set(endorsers).size < this.#required()) return 'ENDORSEMENT_POLICY_FAILURE';
    const conflict = conflictOf(rwset, this.#state, this.#vault);
    if (conflict !== undefined) return conflict;
    this.#height += 1;
    this.#state.apply(rwset.writes, this.#height);
    this.#vault.apply(rwset.privateWrites, this.#height);
    return 'VALID';
  }

  /** Whether a simulation is invalid because the ledger is in another period by now. */
  isOfEarlierPeriod({ rwset }: Pick<FakeStub, 'rwset'>): boolean {
    const { kind } = keys.period();
    const key = `\u0000${kind}\u0000`;
    return rwset.reads.has(key) && rwset.reads.get(key) !== this.#state.get(key)?.version;
  }

  /** MSP ids of all registered hospitals. */
  hospitals(): readonly string[] {
    const { kind } = keys.hospital();
    return this.#state
      .range(`\u0000${kind}\u0000`, `\u0000${kind}\u0001`)
      .map(([key]) => key.split('\u0000')[2] ?? '');
  }

  /** Public state as a person reads it: parts of keys joined by slashes, values parsed. */
  world(): Readonly<Record<string, unknown>> {
    return readable(this.#state.entries().map(([key, { value }]) => [key, value]));
  }

  /** Private data, in the same form. */
  vault(): Readonly<Record<string, unknown>> {
    return readable(this.#vault.entries().map(([key, { value }]) => [key, value]));
  }

  #required(): number {
    const { length } = this.hospitals();
    return this.endorsements ?? (length === 0 ? 0 : Math.floor(length / 2) + 1);
  }

  #definition(): Uint8Array {
    return encodeDefinition({ required: this.#required(), hospitals: this.hospitals() });
  }
}
