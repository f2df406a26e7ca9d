// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, signers } from '@hyperledger/fabric-gateway';
import type { peer } from '@hyperledger/fabric-protos';
import type { ChainPlace } from './chain-place.js';
import type { LedgerSettings } from './ledger-client.js';

const MAX_WAIT_MS = 60_000;

/** Follows one peer's blocks from now on and knows the place of every transaction in them. */
export class BlockIndex {
  readonly #places = new Map<string, ChainPlace>();
  readonly #awaited = new Map<string, ((place: ChainPlace) => void)[]>();
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
      identity: { mspId: settings.mspId, credentials: Buffer.from(settings.certificate) },
      signer: signers.newPrivateKeySigner(createPrivateKey(settings.privateKey)),
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

  /** Waits until a transaction is in a block of this peer. */
  async placeOf(txId: string): Promise<ChainPlace> {
    const known = this.#places.get(txId);
    if (known !== undefined) return known;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`transaction ${txId} is in no block`));
      }, MAX_WAIT_MS);
      const awaiting = this.#awaited.get(txId) ?? [];
      this.#awaited.set(txId, [
        ...awaiting,
        (place) => {
          clearTimeout(late);
          resolve(place);
        },
      ]);
    });
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  async #read(blocks: AsyncIterable<peer.FilteredBlock>): Promise<void> {
    for await (const filtered of blocks) {
      const seenAt = performance.now();
      const block = BigInt(filtered.getNumber());
      filtered.getFilteredTransactionsList().forEach((transaction, position) => {
        const isValid = transaction.getTxValidationCode() === 0;
        this.#note(transaction.getTxid(), { block, position, isValid, seenAt });
      });
    }
  }

  #note(txId: string, place: ChainPlace): void {
    this.#places.set(txId, place);
    for (const tell of this.#awaited.get(txId) ?? []) tell(place);
    this.#awaited.delete(txId);
  }
}
