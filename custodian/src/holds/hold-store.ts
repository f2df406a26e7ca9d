// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { eraseDurably, readIfPresent, writeDurably } from '../disk/durable-file.js';
import { storedJson } from '../disk/stored-json.js';
import type { HoldKind } from './hold-kind.js';
import { KeyIndex } from './key-index.js';

/** Ends of holds that are remembered; a decision takes far less time than so many of them. */
const MAX_REMEMBERED = 10_000;
const FILE = /^[A-Za-z][A-Za-z0-9._~-]{0,200}\.json$/;

/** A statement that is in force here before the ledger has it; `since` in milliseconds; it counts as its hospital's. */
export type Hold<S> = Readonly<{ v: 1; since: number; hospital: string; signed: S }>;

type StoredKind<S> = Pick<HoldKind<S>, 'keyOf' | 'subjectOf'>;

/** The holds of one kind, one file each, so that they survive a restart. */
export class HoldStore<S> {
  readonly #folder: string;
  readonly #kind: StoredKind<S>;
  readonly #holds = new Map<string, Hold<S>>();
  readonly #byHospital = new KeyIndex();
  /** The keys of what lies on a subject now, and of what did and is remembered. */
  readonly #bySubject = new KeyIndex();
  readonly #writing = new Map<string, Promise<void>>();
  /** Keys of which the disk may say something else than the memory. */
  readonly #stale = new Set<string>();
  readonly #ended = new Map<string, Readonly<{ hold: Hold<S>; order: number }>>();
  #endings = 0;

  private constructor(folder: string, kind: StoredKind<S>) {
    this.#folder = folder;
    this.#kind = kind;
  }

  /** Opens the folder, and makes it if need be. */
  static async open<S>(
    folder: string,
    kind: StoredKind<S> & Pick<HoldKind<S>, 'decode'>,
  ): Promise<HoldStore<S>> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const store = new HoldStore<S>(folder, kind);
    const stored = z.strictObject({
      v: z.literal(1),
      since: z.number().int().min(0),
      // An earlier version did not write it down; those holds count for no hospital.
      hospital: z.string().max(200).default(''),
      signed: z.transform((value: unknown) => kind.decode(value, '$.signed')),
    });
    for (const file of await readdir(folder)) {
      const bytes = FILE.test(file) ? await readIfPresent(join(folder, file)) : undefined;
      if (bytes === undefined) continue;
      const hold = storedJson(stored, bytes);
      const key = kind.keyOf(hold.signed);
      store.#put(key, hold);
      // An earlier version named the file of a consent's hold by the consent alone.
      if (file !== `${key}.json`) await rename(join(folder, file), store.#path(key));
    }
    return store;
  }

  /** All holds. */
  all(): readonly Hold<S>[] {
    return [...this.#holds.values()];
  }

  /** The hold under a key. */
  find(key: string): Hold<S> | undefined {
    return this.#holds.get(key);
  }

  /** How many holds count as a hospital's. */
  countOf(hospital: string): number {
    return this.#byHospital.of(hospital).size;
  }

  /** This moment among the ends of holds, for {@link onSince}. */
  get moment(): number {
    return this.#endings;
  }

  /** The holds on a subject that are in force, or were at any time since a moment; now where it is left out. */
  onSince(subject: string, moment: number = this.#endings): readonly Hold<S>[] {
    return [...this.#bySubject.of(subject)].flatMap((key) => {
      const ended = this.#ended.get(key);
      return this.#holds.get(key) ?? (ended !== undefined && ended.order > moment ? ended.hold : []);
    });
  }

  /** Puts a hold in force; it is on the disk when this returns. */
  async keep(hold: Hold<S>): Promise<void> {
    const key = this.#kind.keyOf(hold.signed);
    // In force first: a release that is decided now must see it, whatever becomes of the disk.
    this.#put(key, hold);
    this.#stale.add(key);
    await this.settled(key);
  }

  /**
   * Waits until the disk says of a key what the memory says, and writes it unless that is done; throws when it cannot
   * be written. However many wait while one writes, the newest alone is written next.
   */
  async settled(key: string): Promise<void> {
    if (!this.#stale.has(key)) return;
    const written = Promise.allSettled([this.#writing.get(key)]).then(() => this.#write(key));
    this.#writing.set(key, written);
    try {
      await written;
    } finally {
      if (this.#writing.get(key) === written) this.#writing.delete(key);
    }
  }

  /** Ends a hold, unless another has taken its place. */
  async end(hold: Hold<S>): Promise<void> {
    const key = this.#kind.keyOf(hold.signed);
    if (this.#holds.get(key) !== hold) return;
    this.#take(key, hold);
    this.#remember(key, hold);
    this.#stale.add(key);
    await this.settled(key);
  }

  #put(key: string, hold: Hold<S>): void {
    const before = this.#holds.get(key);
    if (before !== undefined) this.#take(key, before);
    this.#holds.set(key, hold);
    this.#byHospital.add(hold.hospital, key);
    this.#bySubject.add(this.#kind.subjectOf(hold.signed), key);
  }

  #take(key: string, hold: Hold<S>): void {
    this.#holds.delete(key);
    this.#byHospital.remove(hold.hospital, key);
  }

  #remember(key: string, hold: Hold<S>): void {
    this.#endings += 1;
    this.#ended.delete(key);
    this.#ended.set(key, { hold, order: this.#endings });
    const [oldest] = this.#ended;
    if (this.#ended.size <= MAX_REMEMBERED || oldest === undefined) return;
    const [forgotten, { hold: last }] = oldest;
    this.#ended.delete(forgotten);
    if (!this.#holds.has(forgotten)) this.#bySubject.remove(this.#kind.subjectOf(last.signed), forgotten);
  }

  /** Makes the disk say what the memory says now. */
  async #write(key: string): Promise<void> {
    if (!this.#stale.has(key)) return;
    const hold = this.#holds.get(key);
    if (hold === undefined) await eraseDurably(this.#path(key));
    else await writeDurably(this.#path(key), Buffer.from(JSON.stringify(hold)));
    if (this.#holds.get(key) === hold) this.#stale.delete(key);
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}
