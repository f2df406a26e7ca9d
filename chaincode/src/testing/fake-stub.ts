// SPDX-License-Identifier: Apache-2.0
import type { Iterators, StateQueryResponse } from 'fabric-shim';
import type { LedgerStub } from '../state/stub.js';
import type { FakeState, Versioned } from './fake-state.js';
import type { Identity } from './identity.js';
import { emptyReadWriteSet, foundIn, type ReadWriteSet } from './read-write-set.js';

type Range = ReturnType<LedgerStub['getStateByRange']>;
type PagedRange = ReturnType<LedgerStub['getStateByRangeWithPagination']>;

/** What a peer hands to one simulation. */
export type Proposal = Readonly<{
  txId: string;
  channel: string;
  timestampMs: number;
  creator: Identity;
  transient: ReadonlyMap<string, Uint8Array>;
  /** The committed chaincode definition, as Fabric's lifecycle chaincode answers it. */
  definition: Uint8Array;
}>;

type Page = StateQueryResponse<Iterators.StateQueryIterator>;

const END_OF_PREFIX = '\u{10ffff}';
const EMPTY = new Uint8Array();

/**
 * The stub of one simulation on one peer. As on a real peer, a read sees committed state and never the simulation's
 * own writes, ranges of simple keys stay out of composite ones, and a paged query forbids writing.
 */
export class FakeStub implements LedgerStub {
  readonly rwset: ReadWriteSet = emptyReadWriteSet();
  event: Readonly<{ name: string; payload: Uint8Array }> | undefined;
  /** What the transaction answered, once it has. */
  answer: string | undefined;
  #paged = false;

  readonly #proposal: Proposal;
  readonly #state: FakeState;
  readonly #vault: FakeState;

  readonly #absent: ReadonlySet<string>;

  /** `absent` names the private data that were committed and never came to this peer. */
  constructor(
    proposal: Proposal,
    { state, vault, absent }: Readonly<{ state: FakeState; vault: FakeState; absent: ReadonlySet<string> }>,
  ) {
    this.#proposal = proposal;
    this.#state = state;
    this.#vault = vault;
    this.#absent = absent;
  }

  getTxID(): string {
    return this.#proposal.txId;
  }

  getChannelID(): string {
    return this.#proposal.channel;
  }

  getCreator(): { mspid: string; idBytes: Uint8Array } {
    const { mspId, certificatePem } = this.#proposal.creator;
    return { mspid: mspId, idBytes: new TextEncoder().encode(certificatePem) };
  }

  getTxTimestamp(): ReturnType<LedgerStub['getTxTimestamp']> {
    const seconds = Math.floor(this.#proposal.timestampMs / 1000);
    const nanos = (this.#proposal.timestampMs - seconds * 1000) * 1_000_000;
    // The rules read nothing of the Long but its number.
    return { seconds: seconds as unknown as ReturnType<LedgerStub['getTxTimestamp']>['seconds'], nanos };
  }

  getTransient(): Map<string, Uint8Array> {
    return new Map(this.#proposal.transient);
  }

  getState(key: string): Promise<Uint8Array> {
    const found = this.#state.get(key);
    this.rwset.reads.set(key, found?.version);
    return Promise.resolve(found?.value ?? EMPTY);
  }

  putState(key: string, value: Uint8Array): Promise<void> {
    this.#requireWritable(key);
    this.rwset.writes.set(key, value);
    return Promise.resolve();
  }

  deleteState(key: string): Promise<void> {
    this.#requireWritable(key);
    this.rwset.writes.set(key, undefined);
    return Promise.resolve();
  }

  invokeChaincode(name: string, args: string[]): ReturnType<LedgerStub['invokeChaincode']> {
    const isKnown = name === '_lifecycle' && args[0] === 'QueryChaincodeDefinition';
    const payload = isKnown ? this.#proposal.definition : EMPTY;
    return Promise.resolve({ status: isKnown ? 200 : 500, message: '', payload });
  }

  getPrivateData(collection: string, key: string): Promise<Uint8Array> {
    const name = privateName(collection, key);
    const found = this.#vault.get(name);
    if (found !== undefined && this.#absent.has(name)) return Promise.reject(this.#notAvailable(found));
    this.rwset.privateReads.set(name, found?.version);
    return Promise.resolve(found?.value ?? EMPTY);
  }

  putPrivateData(collection: string, key: string, value: Uint8Array): Promise<void> {
    this.#requireWritable(key);
    this.rwset.privateWrites.set(privateName(collection, key), value);
    return Promise.resolve();
  }

  purgePrivateData(collection: string, key: string): Promise<void> {
    this.#requireWritable(key);
    this.rwset.privateWrites.set(privateName(collection, key), undefined);
    return Promise.resolve();
  }

  setEvent(name: string, payload: Uint8Array): void {
    if (name === '') throw new Error('Event name must be a non-empty string');
    if (this.event !== undefined) throw new Error('a transaction has one event only');
    this.event = { name, payload };
  }

  createCompositeKey(objectType: string, attributes: string[]): string {
    for (const part of [objectType, ...attributes])
      if (part === '') throw new Error('object type or attribute not a non-zero length string');
    return `\u0000${objectType}\u0000${attributes.map((attribute) => `${attribute}\u0000`).join('')}`;
  }

  getStateByRange(from: string, until: string): Range {
    return asRange(Promise.resolve(this.#walk(simple(from), simple(until))));
  }

  getStateByPartialCompositeKey(objectType: string, attributes: string[]): Range {
    const prefix = this.createCompositeKey(objectType, attributes);
    return asRange(Promise.resolve(this.#walk(prefix, `${prefix}${END_OF_PREFIX}`)));
  }

  getStateByRangeWithPagination(from: string, until: string, pageSize: number, bookmark = ''): PagedRange {
    return this.#page(simple(from), simple(until), pageSize, bookmark);
  }

  getStateByPartialCompositeKeyWithPagination(
    objectType: string,
    attributes: string[],
    pageSize: number,
    bookmark = '',
  ): PagedRange {
    const prefix = this.createCompositeKey(objectType, attributes);
    return this.#page(prefix, `${prefix}${END_OF_PREFIX}`, pageSize, bookmark);
  }

  #walk(from: string, until: string): readonly Iterators.KV[] {
    this.rwset.ranges.push({ from, until, found: foundIn(this.#state, from, until) });
    return this.#entries(from, until);
  }

  #page(from: string, until: string, pageSize: number, bookmark: string): PagedRange {
    if (this.rwset.writes.size > 0) throw new Error('a transaction that writes cannot page');
    this.#paged = true;
    const rest = this.#entries(bookmark === '' ? from : bookmark, until);
    const metadata = {
      fetchedRecordsCount: Math.min(pageSize, rest.length),
      bookmark: rest[pageSize]?.key ?? '',
    };
    const iterator = iteratorOf(rest.slice(0, pageSize));
    // As the shim does, an empty page comes without its metadata, although the type promises them.
    const page = (rest.length === 0 ? { iterator } : { iterator, metadata }) as Page;
    const answer = Promise.resolve(page);
    return Object.assign(answer, { [Symbol.asyncIterator]: () => asyncIterator(iterator) });
  }

  #entries(from: string, until: string): readonly Iterators.KV[] {
    return this.#state
      .range(from, until)
      .map(([key, { value }]) => ({ namespace: this.#proposal.channel, key, value }));
  }

  /** What the shim throws when a peer of Fabric 2.5 knows the hash of private data and does not have them. */
  #notAvailable({ version }: Versioned): Error {
    return new Error(
      `GET_STATE failed: transaction ID: ${this.getTxID()}: private data matching public hash version is not ` +
        `available. Public hash version = {BlockNum: ${version}, TxNum: 0}, Private data version = <nil>`,
    );
  }

  #requireWritable(key: string): void {
    if (this.#paged) throw new Error('a transaction that has paged cannot write');
    if (key === '') throw new Error('key must not be an empty string');
  }
}

function privateName(collection: string, key: string): string {
  return `${collection}:${key}`;
}

function simple(key: string): string {
  if (key.startsWith('\u0000')) throw new Error('first character of the key contains a null character');
  return key;
}

function asRange(entries: Promise<readonly Iterators.KV[]>): Range {
  const iterator = entries.then(iteratorOf);
  return Object.assign(iterator, {
    [Symbol.asyncIterator]: () => {
      let opened: Iterators.StateQueryIterator | undefined;
      return {
        next: async () => {
          opened ??= await iterator;
          return opened.next();
        },
      };
    },
  });
}

function iteratorOf(entries: readonly Iterators.KV[]): Iterators.StateQueryIterator {
  const walk = entries[Symbol.iterator]();
  // As in the shim, the last answer has no value.
  return {
    next: () => Promise.resolve(walk.next() as { done: boolean; value: Iterators.KV }),
    close: async () => {},
  };
}

function asyncIterator(iterator: Iterators.StateQueryIterator): AsyncIterator<Iterators.KV> {
  return { next: () => iterator.next() };
}
