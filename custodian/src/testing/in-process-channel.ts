// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { DomainError, EVENT_NAME, type AuditEntry } from '@tutela/chaincode/domain';
import { CommitFailure, FakeStub, type TestHospital, type TestWorld } from '@tutela/chaincode/testing';
import { Signal } from '../freshness/wait-until.js';
import { blockHash } from '../ledger/block-hash.js';
import type { Block, BlockTransaction, Ledger, MemberAuthorities, OrdererRoots } from '../ledger/ledger.js';
import type { TestOrderer } from './test-orderer.js';

const MAX_ATTEMPTS = 20;

/** The orderers of hospitals, by MSP id. */
export type TestOrderers = ReadonlyMap<string, TestOrderer>;

/** A channel in memory whose every transaction is a block. */
export class InProcessChannel {
  readonly world: TestWorld;
  readonly orderers: TestOrderers;
  #authorities: readonly MemberAuthorities[] = [];
  readonly #blocks: Block[];
  readonly #signal = new Signal();

  constructor(world: TestWorld, orderers: TestOrderers = new Map(), past: readonly Block[] = []) {
    this.world = world;
    this.orderers = orderers;
    this.#blocks = [...past];
    if (past.length === 0) this.#append([]);
    const commit = world.ledger.commit.bind(world.ledger);
    world.ledger.commit = (stub, endorsers) => {
      const status = commit(stub, endorsers);
      if (stub instanceof FakeStub)
        this.#append([{ txId: stub.getTxID(), valid: status === 'VALID', ...entryOf(stub) }]);
      return status;
    };
  }

  /** The authorities of the hospitals, as the channel is configured. */
  get authorities(): readonly MemberAuthorities[] {
    return this.#authorities;
  }

  /** A change of the configuration is a block of its own. */
  set authorities(authorities: readonly MemberAuthorities[]) {
    this.#authorities = authorities;
    this.#append([]);
  }

  /** All blocks, the first of them empty. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** The channel as one hospital's peer shows it. */
  peerOf(hospital: TestHospital): InProcessPeer {
    return new InProcessPeer(this, hospital);
  }

  /** A chain with the same past and a future of its own, which hostile orderers can serve to a peer. */
  fork(): InProcessChannel {
    return new InProcessChannel(this.world.fork(), this.orderers, this.#blocks);
  }

  /** Calls back for every new block until the returned function is called. */
  onBlock(listener: () => void): () => void {
    return this.#signal.changes(listener);
  }

  #append(transactions: Block['transactions']): void {
    const number = this.#blocks.length;
    const previousHash = this.#blocks.at(-1)?.hash ?? '';
    const dataHash = createHash('sha256').update(JSON.stringify(transactions)).digest('base64url');
    const header = { number, previousHash, dataHash };
    this.#blocks.push({ ...header, hash: blockHash(header), transactions });
    this.#signal.notify();
  }
}

/** One hospital's peer, as its custodian sees it; a test may cut it off or let it show another chain. */
export class InProcessPeer implements Ledger {
  readonly channel = 'tutela';
  readonly mspId: string;
  readonly #hospital: TestHospital;
  readonly #signal = new Signal();
  #channel: InProcessChannel;
  #orderer: TestOrderer | undefined;
  #stop: () => void;
  #frozenAt: number | undefined;
  /** What the peer shows instead of a block, and what it refuses to take; set by tests. */
  show: (block: Block) => Block = (block) => block;
  refuse: (transaction: string) => boolean = () => false;
  /** What the custodian sends instead of its own request. */
  alter: (transaction: string, request: object) => object = (_, request) => request;

  /** Each orderer signs its own copy of a block: a peer takes blocks of its own hospital's, else of the first that there is. */
  constructor(channel: InProcessChannel, hospital: TestHospital) {
    this.mspId = hospital.mspId;
    this.#hospital = hospital;
    this.#channel = channel;
    const [first] = channel.orderers.values();
    this.#orderer = channel.orderers.get(hospital.mspId) ?? first;
    this.#stop = this.#listenTo(channel);
  }

  /** From now on the peer gets the blocks of this channel, of an orderer of this hospital. */
  takeBlocks(channel: InProcessChannel, from: string): void {
    this.#stop();
    this.#channel = channel;
    this.#orderer = channel.orderers.get(from);
    this.#stop = this.#listenTo(channel);
    this.#signal.notify();
  }

  /** From now on the peer gets no blocks. */
  freeze(): void {
    this.#frozenAt = this.#channel.blocks.length;
  }

  /** The peer gets its blocks again. */
  thaw(): void {
    this.#frozenAt = undefined;
    this.#signal.notify();
  }

  async evaluate(transaction: string, request: object): Promise<unknown> {
    const { answer } = await this.#channel.world.run(this.#hospital.custodian, transaction, request);
    return answer;
  }

  async submit(transaction: string, request: object): Promise<unknown> {
    if (this.refuse(transaction)) throw new DomainError('COMMIT_UNKNOWN', 'the test drops this transaction');
    for (let attempt = 1; ; attempt += 1) {
      try {
        const sent = this.alter(transaction, request);
        return (await this.#channel.world.run(this.#hospital.custodian, transaction, sent)).answer;
      } catch (error) {
        if (!(error instanceof CommitFailure) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  height(): Promise<number> {
    return Promise.resolve(this.#visible().length);
  }

  blockOf(txId: string): Promise<Block | undefined> {
    const found = this.#visible().find(({ transactions }) => transactions.some((one) => one.txId === txId));
    return Promise.resolve(found && this.#signed(found));
  }

  async *blocks(from: number, signal: AbortSignal): AsyncIterable<Block> {
    for (let next = from; !signal.aborted; next += 1) {
      const block = await this.#blockAt(next, signal);
      if (block === undefined) return;
      yield this.show(this.#signed(block));
    }
  }

  ordererRoots(): Promise<readonly OrdererRoots[]> {
    return Promise.resolve([...this.#channel.orderers.values()].map(({ roots }) => roots));
  }

  memberAuthorities(): Promise<readonly MemberAuthorities[]> {
    return Promise.resolve(this.#channel.authorities);
  }

  #listenTo(channel: InProcessChannel): () => void {
    return channel.onBlock(() => {
      this.#signal.notify();
    });
  }

  #signed(block: Block): Block {
    return this.#orderer === undefined ? block : { ...block, ordererSignature: this.#orderer.sign(block) };
  }

  #visible(): readonly Block[] {
    return this.#channel.blocks.slice(0, this.#frozenAt);
  }

  #blockAt(number: number, signal: AbortSignal): Promise<Block | undefined> {
    const found = this.#visible()[number];
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = (block: Block | undefined): void => {
        stop();
        signal.removeEventListener('abort', abort);
        resolve(block);
      };
      const abort = (): void => {
        end(undefined);
      };
      const stop = this.#signal.changes(() => {
        const block = this.#visible()[number];
        if (block !== undefined) end(block);
      });
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

function entryOf({ event, answer = '' }: FakeStub): Pick<BlockTransaction, 'entry' | 'answerHash'> {
  if (event?.name !== EVENT_NAME) return {};
  return {
    entry: JSON.parse(new TextDecoder().decode(event.payload)) as AuditEntry,
    answerHash: createHash('sha256').update(answer).digest('base64url'),
  };
}
