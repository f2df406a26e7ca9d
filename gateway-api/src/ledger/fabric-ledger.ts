// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import grpc, { type Client } from '@grpc/grpc-js';
import {
  connect,
  type Commit,
  type Gateway,
  type Network,
  type ProposalOptions,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';
import { txId as decodeTxId, type DomainError, type MspId, type TxId } from '@tutela/chaincode/domain';
import {
  endorse,
  EndorserChoice,
  endorsersOf,
  parseMemberAuthorities,
  type Endorsement,
  type MemberAuthorities,
  type MembersLedger,
} from '@tutela/fabric';
import type { Identities } from '../identity/identity.js';
import type { Log } from '../log.js';
import { GATEWAY, type Actor } from './actor.js';
import { followEvents } from './event-loop.js';
import { isDenied, ledgerFailure, notEndorsed } from './fabric-errors.js';
import type {
  Committed,
  KeptTransaction,
  Ledger,
  LedgerMessage,
  MakeRequest,
  SubmitOptions,
  TransactionKeeper,
  TransactionStatus,
} from './ledger.js';
import { OtherPeers } from './other-peers.js';
import { resume, submit, type EndorsedTransaction, type Ordering, type Submission } from './submission.js';
import { askStatus } from './transaction-status.js';
import type {
  EvaluateName,
  EvaluateResults,
  FreeName,
  KeyedName,
  SubmitName,
  SubmitResults,
} from './transactions.js';

/** How to reach the own peer, and as whom. Times in milliseconds since 1970; `chance` is uniform in [0, 1). */
export type FabricLedgerSettings = Readonly<{
  peerEndpoint: string;
  peerTlsRoot: string;
  channel: string;
  chaincode: string;
  mspId: MspId;
  identities: Identities;
  log: Log;
  nowMs: () => number;
  chance: () => number;
}>;

const EVALUATE_TIMEOUT_MS = 10_000;
const ORDER_TIMEOUT_MS = 10_000;
const COMMIT_TIMEOUT_MS = 6_000;
const MAX_CONNECTED_ACTORS = 256;
/** More than a block has: a leading orderer decides how much that is. */
const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;
const KEEPALIVE_MS = 30_000;

const decoder = new TextDecoder();

/** A ledger reached through the Gateway service of the own peer; close it at the end. */
export function openFabricLedger(
  settings: FabricLedgerSettings,
): Ledger & MembersLedger & Readonly<{ close: () => void }> {
  const credentials = grpc.credentials.createSsl(Buffer.from(settings.peerTlsRoot));
  const client = new grpc.Client(settings.peerEndpoint, credentials, {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
  });
  return new FabricLedger(settings, client);
}

class FabricLedger implements Ledger, MembersLedger {
  readonly channel: string;
  readonly mspId: MspId;
  readonly #settings: FabricLedgerSettings;
  readonly #client: Client;
  readonly #gateways = new Map<string, Gateway>();
  readonly #others: OtherPeers;
  readonly #choice: EndorserChoice;

  constructor(settings: FabricLedgerSettings, client: Client) {
    this.channel = settings.channel;
    this.mspId = settings.mspId;
    this.#settings = settings;
    this.#client = client;
    this.#others = new OtherPeers(settings, this);
    this.#choice = new EndorserChoice(settings);
  }

  submit<N extends FreeName>(
    actor: Actor,
    name: N,
    request: object,
    options: SubmitOptions<SubmitResults[N]> = {},
  ): Promise<Committed<SubmitResults[N]>> {
    return this.#submit(actor, name, request, options);
  }

  async submitOnce<N extends KeyedName>(
    actor: Actor,
    name: N,
    makeRequest: MakeRequest,
    keeper: TransactionKeeper,
    options: SubmitOptions<SubmitResults[N]> = {},
  ): Promise<Committed<SubmitResults[N]>> {
    const kept = keeper.kept(name);
    const standing = kept && (await this.#resume(actor, kept));
    if (standing !== undefined) return parsed(standing);
    return this.#submit(actor, name, await makeRequest(), options, ({ txId, bytes }) => {
      keeper.keep(name, { txId, bytes: toBase64(bytes()) });
    });
  }

  async #submit<N extends SubmitName>(
    actor: Actor,
    name: N,
    request: object,
    options: SubmitOptions<SubmitResults[N]>,
    keep?: Submission['keep'],
  ): Promise<Committed<SubmitResults[N]>> {
    const network = await this.#network(actor);
    const proposalOptions = { arguments: [JSON.stringify(request)], ...transientData(options.transient) };
    const { beforeOrdering, onOrdered } = options;
    const committed = await submit({
      ...this.#ordering(),
      endorse: (organizations) => {
        options.signal?.throwIfAborted();
        return this.#endorse(network, name, proposalOptions, organizations);
      },
      otherOrganizations: () => this.#others.mspIds(),
      own: this.mspId,
      choice: this.#choice,
      ...(beforeOrdering !== undefined && { beforeOrdering }),
      ...(keep !== undefined && { keep }),
      ...(onOrdered !== undefined && {
        onOrdered: (ordered: Committed<Uint8Array>) => {
          onOrdered(parsed(ordered));
        },
      }),
    });
    return parsed(committed);
  }

  /** What an earlier try kept, once it is valid; undefined if it is invalid. */
  async #resume(actor: Actor, { bytes }: KeptTransaction): Promise<Committed<Uint8Array> | undefined> {
    const gateway = await this.#gateway(actor);
    return resume(this.#ordering(), this.#endorsed(gateway.newTransaction(Buffer.from(bytes, 'base64'))));
  }

  #ordering(): Ordering {
    return {
      status: (id) => this.status(id),
      sleep: (ms) => sleepFor(ms),
      nowMs: this.#settings.nowMs,
      chance: this.#settings.chance,
    };
  }

  async evaluate<N extends EvaluateName>(
    actor: Actor,
    name: N,
    request: object,
    signal?: AbortSignal,
  ): Promise<EvaluateResults[N]> {
    signal?.throwIfAborted();
    const own = await this.#ask(this.mspId, actor, name, request);
    this.#others.refresh();
    if (own.kind !== 'silent') return resultOf(own);
    const agreed = await this.#others.agree((mspId) => this.#ask(mspId, actor, name, request), answerKey);
    return resultOf(agreed ?? own);
  }

  async askOwnPeer<N extends EvaluateName>(name: N, request: object): Promise<EvaluateResults[N]> {
    return resultOf(await this.#ask(this.mspId, GATEWAY, name, request));
  }

  /** Asks one organisation's peer. A question without it would be put to any hospital's, and its answer believed. */
  async #ask<N extends EvaluateName>(
    mspId: MspId,
    actor: Actor,
    name: N,
    request: object,
  ): Promise<Answer<EvaluateResults[N]>> {
    const contract = (await this.#network(actor)).getContract(this.#settings.chaincode);
    const proposal = contract.newProposal(name, {
      arguments: [JSON.stringify(request)],
      endorsingOrganizations: [mspId],
    });
    try {
      const result = parse(await proposal.evaluate(this.#within(EVALUATE_TIMEOUT_MS)));
      return { kind: 'result', result: result as EvaluateResults[N] };
    } catch (error) {
      const { kind, error: reason } = notEndorsed(error, mspId);
      return { kind: kind === 'refused' || isDenied(reason) ? 'refused' : 'silent', error: reason };
    }
  }

  async status(txId: TxId): Promise<TransactionStatus> {
    const network = await this.#network(GATEWAY);
    const ask = (mspId: MspId): Promise<TransactionStatus> =>
      askStatus(network, txId, mspId, this.#settings.nowMs);
    const own = await ask(this.mspId);
    if (own.status !== 'unknown') return own;
    const key = ({ status, code }: TransactionStatus) =>
      status === 'unknown' ? undefined : `${status} ${code}`;
    return (await this.#others.agree(ask, key)) ?? own;
  }

  events(signal: AbortSignal, checkpoint?: string): AsyncIterable<LedgerMessage> {
    const { chaincode, log } = this.#settings;
    const source = {
      ...{ chaincode, log },
      network: () => this.#network(GATEWAY),
      height: () => this.#height(),
      sleep: (ms: number, until: AbortSignal) =>
        sleepFor(ms, undefined, { signal: until }).catch(() => undefined),
    };
    return followEvents(source, signal, checkpoint);
  }

  /** How many blocks the own peer has; undefined while it does not answer. */
  async #height(): Promise<bigint | undefined> {
    try {
      const proposal = (await this.#network(GATEWAY)).getContract('qscc').newProposal('GetChainInfo', {
        arguments: [this.channel],
        endorsingOrganizations: [this.mspId],
      });
      const answer = await proposal.evaluate(this.#within(EVALUATE_TIMEOUT_MS));
      return BigInt(common.BlockchainInfo.deserializeBinary(answer).getHeight());
    } catch {
      return undefined;
    }
  }

  /** The authorities of the member hospitals, as the own peer last saw them configured. */
  async memberAuthorities(): Promise<readonly MemberAuthorities[]> {
    const proposal = (await this.#network(GATEWAY)).getContract('cscc').newProposal('GetConfigBlock', {
      arguments: [this.channel],
      endorsingOrganizations: [this.mspId],
    });
    try {
      const answer = await proposal.evaluate(this.#within(EVALUATE_TIMEOUT_MS));
      return parseMemberAuthorities(common.Block.deserializeBinary(answer));
    } catch (error) {
      throw notEndorsed(error, this.mspId).error;
    }
  }

  async isReachable(): Promise<boolean> {
    try {
      await this.askOwnPeer('registry:ListHospitals', {});
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    for (const gateway of this.#gateways.values()) gateway.close();
    this.#client.close();
  }

  async #endorse(
    network: Network,
    transaction: string,
    options: ProposalOptions,
    hospitals: readonly MspId[] | undefined,
  ): Promise<Endorsement<EndorsedTransaction>> {
    const contract = network.getContract(this.#settings.chaincode);
    const request = { transaction, options, hospitals, nowMs: this.#settings.nowMs };
    try {
      return { kind: 'endorsed', transaction: this.#endorsed(await endorse(contract, request)) };
    } catch (error) {
      return notEndorsed(error, this.mspId);
    }
  }

  #endorsed(transaction: Transaction): EndorsedTransaction {
    let commit: Commit | undefined;
    return {
      txId: decodeTxId(transaction.getTransactionId(), 'transactionId'),
      result: transaction.getResult(),
      endorsers: endorsersOf(transaction.getBytes()),
      bytes: () => transaction.getBytes(),
      order: async () => {
        commit = await transaction.submit(this.#within(ORDER_TIMEOUT_MS));
      },
      outcome: async () => {
        if (commit === undefined) throw ledgerFailure(undefined);
        const { successful, code } = await commit.getStatus(this.#within(COMMIT_TIMEOUT_MS));
        return { valid: successful, code };
      },
    };
  }

  async #network(actor: Actor): Promise<Network> {
    return (await this.#gateway(actor)).getNetwork(this.channel);
  }

  async #gateway(actor: Actor): Promise<Gateway> {
    const { certificate, sign } = await this.#settings.identities.signerOf(actor);
    const known = this.#gateways.get(certificate);
    if (known !== undefined) return known;
    if (this.#gateways.size >= MAX_CONNECTED_ACTORS) this.#gateways.clear();
    const identity = { mspId: this.mspId, credentials: Buffer.from(certificate) };
    const gateway = connect({ client: this.#client, identity, signer: sign });
    this.#gateways.set(certificate, gateway);
    return gateway;
  }

  #within(ms: number): Readonly<{ deadline: number }> {
    return { deadline: this.#settings.nowMs() + ms };
  }
}

function parsed<T>({ txId, result }: Committed<Uint8Array>): Committed<T> {
  return { txId, result: parse(result) as T };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function transientData(transient: SubmitOptions['transient']): Pick<ProposalOptions, 'transientData'> {
  if (transient === undefined) return {};
  const entries = Object.entries(transient).map(([name, value]) => [name, JSON.stringify(value)]);
  return { transientData: Object.fromEntries(entries) as Record<string, string> };
}

/** What one hospital's peer said: a result, a refusal by a rule, or nothing. */
type Answer<T> =
  Readonly<{ kind: 'result'; result: T }> | Readonly<{ kind: 'refused' | 'silent'; error: DomainError }>;

function resultOf<T>(answer: Answer<T>): T {
  if (answer.kind === 'result') return answer.result;
  throw answer.error;
}

/** By which answers are the same; undefined for none. */
function answerKey(answer: Answer<unknown>): string | undefined {
  if (answer.kind === 'result') return `result ${JSON.stringify(answer.result)}`;
  return answer.kind === 'refused' ? `refused ${answer.error.code}` : undefined;
}

/** Answers are the own chaincode's, or those of as many hospitals as open a record; their shapes are the domain's. */
function parse(answer: Uint8Array): unknown {
  return JSON.parse(decoder.decode(answer));
}
