// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, signers } from '@hyperledger/fabric-gateway';
import type { peer } from '@hyperledger/fabric-protos';
import type { LedgerSettings } from './ledger-client.js';

const MAX_WAIT_MS = 30_000;

/** Where a transaction stands on the chain. */
export interface ChainPlace {
  readonly block: bigint;
  readonly position: number;
  readonly isValid: boolean;
}

/** Follows one peer's blocks from now on and knows the place of every transaction in them. */
export class BlockIndex {
  readonly #places = new Map<string, ChainPlace>();
  readonly #stop: () => Promise<void>;

  private constructor(stop: () => Promise<void>) {
    this.#stop = stop;
  }

  static async follow(settings: LedgerSettings): Promise<BlockIndex> {
    const client = new Client(
      settings.peerEndpoint,
      credentials.createSsl(readFileSync(settings.tlsRootFile)),
    );
    const gateway = connect({
      client,
      identity: { mspId: settings.mspId, credentials: readFileSync(settings.certFile) },
      signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(settings.keyFile))),
    });
    const blocks = await gateway.getNetwork(settings.channel).getFilteredBlockEvents();
    let stopped = false;
    const index = new BlockIndex(async () => {
      stopped = true;
      blocks.close();
      await reading;
      gateway.close();
      client.close();
    });
    const reading = index.#read(blocks).catch((error: unknown) => {
      // Closing ends the stream with an error of its own.
      if (!stopped) throw error;
    });
    return index;
  }

  /** Waits until a transaction is in a block. */
  async placeOf(txId: string): Promise<ChainPlace> {
    const until = performance.now() + MAX_WAIT_MS;
    for (;;) {
      const place = this.#places.get(txId);
      if (place !== undefined) return place;
      if (performance.now() > until) throw new Error(`transaction ${txId} is in no block`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  async #read(blocks: AsyncIterable<peer.FilteredBlock>): Promise<void> {
    for await (const block of blocks) {
      const number = BigInt(block.getNumber());
      block.getFilteredTransactionsList().forEach((transaction, position) => {
        const isValid = transaction.getTxValidationCode() === 0;
        this.#places.set(transaction.getTxid(), { block: number, position, isValid });
      });
    }
  }
}

/** Whether a place on the chain comes after another. */
export function isAfter(a: ChainPlace, b: ChainPlace): boolean {
  return a.block === b.block ? a.position > b.position : a.block > b.block;
}
