// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash, signers, type Gateway, type Network } from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';
import { DomainError, mspId, type MspId } from '@tutela/chaincode/domain';
import { endorse, EndorserChoice, parseMemberAuthorities, parseOrdererRoots } from '@tutela/fabric';
import { toDomainError } from './fabric-errors.js';
import type { Block, Ledger, MemberAuthorities, OrdererRoots } from './ledger.js';
import { z } from 'zod';
import { isValidIn } from './chain.js';
import { parseBlock } from './parse-block.js';
import { submit } from './submit.js';

/** How to reach the own peer, and as whom; PEM texts. */
export type FabricAccess = Readonly<{
  endpoint: string;
  tlsRoot: Buffer;
  channel: string;
  chaincode: string;
  mspId: string;
  certificate: Buffer;
  privateKey: Buffer;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** Uniform in [0, 1). */
  chance: () => number;
}>;

const EVALUATE_TIMEOUT_MS = 10_000;
const ORDER_TIMEOUT_MS = 15_000;
/** How long a block is awaited before the transaction is sent again. */
const COMMIT_TIMEOUT_MS = 8_000;
const HOSPITALS_FRESH_MS = 60_000;

const hospitals = z.looseObject({ hospitals: z.array(z.looseObject({ mspId: z.string() })) });

/** The ledger through the Gateway service of the own peer. */
export class FabricLedger implements Ledger {
  readonly channel: string;
  readonly mspId: string;
  readonly #client: Client;
  readonly #gateway: Gateway;
  readonly #network: Network;
  readonly #chaincode: string;
  readonly #choice: EndorserChoice;
  readonly #nowMs: () => number;
  #others: Readonly<{ mspIds: readonly MspId[]; atMs: number }> = { mspIds: [], atMs: -Infinity };

  constructor(access: FabricAccess) {
    this.channel = access.channel;
    this.mspId = access.mspId;
    this.#chaincode = access.chaincode;
    this.#choice = new EndorserChoice(access);
    this.#nowMs = access.nowMs;
    this.#client = new Client(access.endpoint, credentials.createSsl(access.tlsRoot), {
      'grpc.keepalive_time_ms': 30_000,
      'grpc.max_receive_message_length': 128 * 1024 * 1024,
    });
    this.#gateway = connect({
      client: this.#client,
      identity: { mspId: access.mspId, credentials: access.certificate },
      signer: signers.newPrivateKeySigner(createPrivateKey(access.privateKey)),
      hash: hash.sha256,
      evaluateOptions: () => ({ deadline: access.nowMs() + EVALUATE_TIMEOUT_MS }),
      submitOptions: () => ({ deadline: access.nowMs() + ORDER_TIMEOUT_MS }),
      commitStatusOptions: () => ({ deadline: access.nowMs() + COMMIT_TIMEOUT_MS }),
    });
    this.#network = this.#gateway.getNetwork(access.channel);
  }

  async evaluate(transaction: string, request: object): Promise<unknown> {
    return decode(await this.#evaluate(this.#chaincode, transaction, JSON.stringify(request)));
  }

  async submit(transaction: string, request: object): Promise<unknown> {
    const contract = this.#network.getContract(this.#chaincode);
    const options = { arguments: [JSON.stringify(request)] };
    try {
      const answer = await submit({
        own: mspId(this.mspId, 'mspId'),
        others: () => this.#otherHospitals(),
        choice: this.#choice,
        nowMs: this.#nowMs,
        endorse: (hospitals) => endorse(contract, { transaction, options, hospitals, nowMs: this.#nowMs }),
        isInBlock: (txId) => this.#isInBlock(txId),
      });
      return decode(answer);
    } catch (error) {
      throw toDomainError(error, this.mspId);
    }
  }

  async height(): Promise<number> {
    const answer = await this.#evaluate('qscc', 'GetChainInfo', this.channel);
    return common.BlockchainInfo.deserializeBinary(answer).getHeight();
  }

  async blockOf(txId: string): Promise<Block | undefined> {
    try {
      const bytes = await this.#evaluate('qscc', 'GetBlockByTxID', this.channel, txId);
      return parseBlock(common.Block.deserializeBinary(bytes), this.#chaincode);
    } catch (error) {
      // The peer names no reason that tells "unknown" from "failed": both mean not shown to be committed.
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }

  async *blocks(from: number, signal: AbortSignal): AsyncIterable<Block> {
    const events = await this.#network.getBlockEvents({ startBlock: BigInt(from) });
    const close = (): void => {
      events.close();
    };
    signal.addEventListener('abort', close, { once: true });
    try {
      for await (const block of events) yield parseBlock(block, this.#chaincode);
    } catch (error) {
      throw toDomainError(error, this.mspId);
    } finally {
      signal.removeEventListener('abort', close);
      events.close();
    }
  }

  async ordererRoots(): Promise<readonly OrdererRoots[]> {
    return parseOrdererRoots(await this.#configBlock());
  }

  async memberAuthorities(): Promise<readonly MemberAuthorities[]> {
    return parseMemberAuthorities(await this.#configBlock());
  }

  /** Ends all calls. */
  close(): void {
    this.#gateway.close();
    this.#client.close();
  }

  async #isInBlock(txId: string): Promise<boolean> {
    const block = await this.blockOf(txId);
    if (block === undefined) throw new DomainError('COMMIT_UNKNOWN', 'the own peer did not show the block');
    return isValidIn(block, txId);
  }

  async #otherHospitals(): Promise<readonly MspId[]> {
    if (this.#nowMs() - this.#others.atMs < HOSPITALS_FRESH_MS) return this.#others.mspIds;
    const found = hospitals.parse(await this.evaluate('registry:ListHospitals', {}));
    const mspIds = found.hospitals
      .map((each) => mspId(each.mspId, 'mspId'))
      .filter((id) => id !== this.mspId);
    this.#others = { mspIds, atMs: this.#nowMs() };
    return mspIds;
  }

  async #configBlock(): Promise<common.Block> {
    return common.Block.deserializeBinary(await this.#evaluate('cscc', 'GetConfigBlock', this.channel));
  }

  async #evaluate(chaincode: string, transaction: string, ...args: string[]): Promise<Uint8Array> {
    const contract = this.#network.getContract(chaincode);
    try {
      return await contract.evaluate(transaction, {
        arguments: args,
        endorsingOrganizations: [this.mspId],
      });
    } catch (error) {
      throw toDomainError(error, this.mspId);
    }
  }
}

function decode(answer: Uint8Array): unknown {
  const text = new TextDecoder().decode(answer);
  return text.length === 0 ? {} : JSON.parse(text);
}
