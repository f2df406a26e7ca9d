// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import grpc, { type Client } from '@grpc/grpc-js';
import {
  connect,
  type Commit,
  type Gateway,
  type Network,
  type Proposal,
  type ProposalOptions,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { txId as decodeTxId, type MspId, type TxId } from '@tutela/chaincode/domain';
import type { Identities } from '../identity/identity.js';
import type { Log } from '../log.js';
import { GATEWAY, type Actor } from './actor.js';
import { followEvents } from './event-loop.js';
import { ledgerFailure, notEndorsed, refusalIn } from './fabric-errors.js';
import type { Committed, Ledger, LedgerMessage, SubmitOptions, TransactionStatus } from './ledger.js';
import { submitTransaction, type EndorsedTransaction, type Endorsement } from './submission.js';
import { askStatus } from './transaction-status.js';
import type { EvaluateName, EvaluateResults, SubmitName, SubmitResults } from './transactions.js';

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
const ENDORSE_TIMEOUT_MS = 15_000;
const ORDER_TIMEOUT_MS = 10_000;
const COMMIT_TIMEOUT_MS = 6_000;
const HOSPITALS_FRESH_MS = 60_000;
const MAX_CONNECTED_ACTORS = 256;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const KEEPALIVE_MS = 30_000;

const decoder = new TextDecoder();

/** A ledger reached through the Gateway service of the own peer; close it at the end. */
export function openFabricLedger(settings: FabricLedgerSettings): Ledger & Readonly<{ close: () => void }> {
  const credentials = grpc.credentials.createSsl(Buffer.from(settings.peerTlsRoot));
  const client = new grpc.Client(settings.peerEndpoint, credentials, {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
  });
  return new FabricLedger(settings, client);
}

class FabricLedger implements Ledger {
  readonly channel: string;
  readonly mspId: MspId;
  readonly #settings: FabricLedgerSettings;
  readonly #client: Client;
  readonly #gateways = new Map<string, Gateway>();
  #others: Readonly<{ mspIds: readonly MspId[]; atMs: number }> = { mspIds: [], atMs: -Infinity };

  constructor(settings: FabricLedgerSettings, client: Client) {
    this.channel = settings.channel;
    this.mspId = settings.mspId;
    this.#settings = settings;
    this.#client = client;
  }

  async submit<N extends SubmitName>(
    actor: Actor,
    name: N,
    request: object,
    options: SubmitOptions<SubmitResults[N]> = {},
  ): Promise<Committed<SubmitResults[N]>> {
    const network = await this.#network(actor);
    const proposalOptions = { arguments: [JSON.stringify(request)], ...transientData(options.transient) };
    const { beforeOrdering, onOrdered } = options;
    const parsed = ({ txId, result }: Committed<Uint8Array>): Committed<SubmitResults[N]> => ({
      txId,
      result: parse(result) as SubmitResults[N],
    });
    const committed = await submitTransaction({
      endorse: (organizations) => {
        options.signal?.throwIfAborted();
        return this.#endorse(network, name, { ...proposalOptions, ...endorsers(organizations) });
      },
      otherOrganizations: () => this.#otherOrganizations(),
      status: (id) => this.status(id),
      ...(beforeOrdering !== undefined && { beforeOrdering }),
      ...(onOrdered !== undefined && {
        onOrdered: (ordered: Committed<Uint8Array>) => {
          onOrdered(parsed(ordered));
        },
      }),
      sleep: (ms) => sleepFor(ms),
      nowMs: this.#settings.nowMs,
      chance: this.#settings.chance,
    });
    return parsed(committed);
  }

  async evaluate<N extends EvaluateName>(
    actor: Actor,
    name: N,
    request: object,
    signal?: AbortSignal,
  ): Promise<EvaluateResults[N]> {
    signal?.throwIfAborted();
    return this.#evaluate(actor, name, { arguments: [JSON.stringify(request)] });
  }

  async askOwnPeer<N extends EvaluateName>(name: N, request: object): Promise<EvaluateResults[N]> {
    return this.#evaluate(GATEWAY, name, {
      arguments: [JSON.stringify(request)],
      ...endorsers([this.mspId]),
    });
  }

  async #evaluate<N extends EvaluateName>(
    actor: Actor,
    name: N,
    options: ProposalOptions,
  ): Promise<EvaluateResults[N]> {
    const contract = (await this.#network(actor)).getContract(this.#settings.chaincode);
    const proposal = contract.newProposal(name, options);
    try {
      return parse(await proposal.evaluate(this.#within(EVALUATE_TIMEOUT_MS))) as EvaluateResults[N];
    } catch (error) {
      throw refusalIn(error)?.error ?? ledgerFailure(error);
    }
  }

  async status(txId: TxId): Promise<TransactionStatus> {
    const network = await this.#network(GATEWAY);
    const ask = (mspId: MspId): Promise<TransactionStatus> =>
      askStatus(network, txId, mspId, this.#settings.nowMs);
    const own = await ask(this.mspId);
    if (own.status !== 'unknown') return own;
    const answers = await Promise.all((await this.#otherOrganizations()).map(ask));
    return answers.find(({ status }) => status !== 'unknown') ?? own;
  }

  events(signal: AbortSignal, checkpoint?: string): AsyncIterable<LedgerMessage> {
    const { chaincode, log } = this.#settings;
    return followEvents({ network: () => this.#network(GATEWAY), chaincode, log }, signal, checkpoint);
  }

  async isReachable(): Promise<boolean> {
    try {
      await this.evaluate(GATEWAY, 'registry:ListHospitals', {});
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    for (const gateway of this.#gateways.values()) gateway.close();
    this.#client.close();
  }

  async #endorse(network: Network, name: string, options: ProposalOptions): Promise<Endorsement> {
    try {
      const proposal = network.getContract(this.#settings.chaincode).newProposal(name, options);
      return {
        kind: 'endorsed',
        transaction: this.#endorsed(proposal, await this.#endorseProposal(proposal)),
      };
    } catch (error) {
      return notEndorsed(error, this.mspId);
    }
  }

  #endorseProposal(proposal: Proposal): Promise<Transaction> {
    return proposal.endorse(this.#within(ENDORSE_TIMEOUT_MS));
  }

  #endorsed(proposal: Proposal, transaction: Transaction): EndorsedTransaction {
    let commit: Commit | undefined;
    return {
      txId: decodeTxId(proposal.getTransactionId(), 'transactionId'),
      result: transaction.getResult(),
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

  async #otherOrganizations(): Promise<readonly MspId[]> {
    const now = this.#settings.nowMs();
    if (now - this.#others.atMs < HOSPITALS_FRESH_MS) return this.#others.mspIds;
    try {
      const { hospitals } = await this.evaluate(GATEWAY, 'registry:ListHospitals', {});
      const mspIds = hospitals.filter(({ mspId }) => mspId !== this.mspId).map(({ mspId }) => mspId);
      this.#others = { mspIds, atMs: now };
    } catch (error) {
      this.#settings.log.warn(
        { error: error instanceof Error ? error.name : 'unknown' },
        'hospitals are not known now',
      );
    }
    return this.#others.mspIds;
  }

  async #network(actor: Actor): Promise<Network> {
    const { certificate, sign } = await this.#settings.identities.signerOf(actor);
    const known = this.#gateways.get(certificate);
    if (known !== undefined) return known.getNetwork(this.channel);
    if (this.#gateways.size >= MAX_CONNECTED_ACTORS) this.#gateways.clear();
    const identity = { mspId: this.mspId, credentials: Buffer.from(certificate) };
    const gateway = connect({ client: this.#client, identity, signer: sign });
    this.#gateways.set(certificate, gateway);
    return gateway.getNetwork(this.channel);
  }

  #within(ms: number): Readonly<{ deadline: number }> {
    return { deadline: this.#settings.nowMs() + ms };
  }
}

function transientData(transient: SubmitOptions['transient']): Pick<ProposalOptions, 'transientData'> {
  if (transient === undefined) return {};
  const entries = Object.entries(transient).map(([name, value]) => [name, JSON.stringify(value)]);
  return { transientData: Object.fromEntries(entries) as Record<string, string> };
}

function endorsers(
  organizations: readonly MspId[] | undefined,
): Pick<ProposalOptions, 'endorsingOrganizations'> {
  return organizations === undefined ? {} : { endorsingOrganizations: [...organizations] };
}

/** Answers come from our own chaincode, endorsed as the channel demands; their shapes are the domain's. */
function parse(answer: Uint8Array): unknown {
  return JSON.parse(decoder.decode(answer));
}
