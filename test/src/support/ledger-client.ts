// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import {
  connect,
  GatewayError,
  hash,
  signers,
  StatusCode,
  type Gateway,
  type Network,
  type Proposal,
  type Status,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import fabricProtos from '@hyperledger/fabric-protos';
import { DomainError, errorFromWire } from '@tutela/chaincode/domain';

const { common, gateway, peer } = fabricProtos;
const DEADLINE_MS = 30_000;
const MAX_ATTEMPTS = 3;

/** A Fabric identity (PEM), the peer that it speaks through, and what it speaks to. */
export interface LedgerSettings {
  readonly mspId: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly peerEndpoint: string;
  readonly tlsRootFile: string;
  readonly channel: string;
  readonly chaincode: string;
}

/** What goes beside a transaction: transient data, the hospitals that shall endorse, and the time that it claims. */
export interface SubmitOptions {
  readonly transient?: Readonly<Record<string, Uint8Array>>;
  readonly endorsers?: readonly string[];
  /** Milliseconds since 1970; a client may claim any. */
  readonly timestampMs?: number;
}

/** A Fabric client with an identity of its own: the widest interface that a hospital's insider has to the rules. */
export class LedgerClient {
  readonly #client: Client;
  readonly #gateway: Gateway;
  readonly #network: Network;
  readonly #chaincode: string;

  constructor(settings: LedgerSettings) {
    const { mspId, certificate, privateKey, peerEndpoint, tlsRootFile, channel, chaincode } = settings;
    this.#client = new Client(peerEndpoint, credentials.createSsl(readFileSync(tlsRootFile)));
    const deadline = () => ({ deadline: Date.now() + DEADLINE_MS });
    this.#gateway = connect({
      client: this.#client,
      identity: { mspId, credentials: Buffer.from(certificate) },
      signer: signers.newPrivateKeySigner(createPrivateKey(privateKey)),
      hash: hash.sha256,
      evaluateOptions: deadline,
      endorseOptions: deadline,
      submitOptions: deadline,
      commitStatusOptions: deadline,
    });
    this.#network = this.#gateway.getNetwork(channel);
    this.#chaincode = chaincode;
  }

  /** Asks one peer; `name` is `contract:Transaction`. Refusals of the rules become their domain error. */
  async evaluate(name: string, argument: unknown): Promise<unknown> {
    const contract = this.#network.getContract(this.#chaincode);
    return parse(await contract.evaluateTransaction(name, JSON.stringify(argument)).catch(rethrow));
  }

  /** Submits and waits for the commit; returns the answer and the transaction id. */
  async submit(
    name: string,
    argument: unknown,
    options: SubmitOptions = {},
  ): Promise<{ readonly answer: unknown; readonly txId: string }> {
    for (let attempt = 1; ; attempt += 1) {
      const { transaction, status } = await this.#commit(name, argument, options);
      if (status.successful) return { answer: parse(transaction.getResult()), txId: status.transactionId };
      // The ledger may have begun another period in between.
      if (status.code !== StatusCode.MVCC_READ_CONFLICT || attempt === MAX_ATTEMPTS)
        throw new Error(`transaction ${status.transactionId} ended with code ${status.code}`);
    }
  }

  /** Has a transaction endorsed; its id is known to the endorsers before it is ordered. */
  endorse(name: string, argument: unknown, options: SubmitOptions = {}): Promise<Transaction> {
    const proposal = this.#network.getContract(this.#chaincode).newProposal(name, {
      arguments: [JSON.stringify(argument)],
      ...(options.transient === undefined ? {} : { transientData: options.transient }),
      ...(options.endorsers === undefined ? {} : { endorsingOrganizations: [...options.endorsers] }),
    });
    const { timestampMs } = options;
    const sent = timestampMs === undefined ? proposal : dated(this.#gateway, proposal, timestampMs);
    return sent.endorse().catch(rethrow);
  }

  async #commit(
    name: string,
    argument: unknown,
    options: SubmitOptions,
  ): Promise<{ readonly transaction: Transaction; readonly status: Status }> {
    const transaction = await this.endorse(name, argument, options);
    const commit = await transaction.submit().catch(rethrow);
    return { transaction, status: await commit.getStatus() };
  }

  /** Sends somebody's committed transaction to the orderers again, as whoever reads the ledger can. */
  async sendAgain(txId: string): Promise<void> {
    const stored = await this.#network
      .getContract('qscc')
      .evaluateTransaction('GetTransactionByID', this.#network.getName(), txId);
    const envelope = peer.ProcessedTransaction.deserializeBinary(stored).getTransactionenvelope();
    const prepared = new gateway.PreparedTransaction();
    prepared.setTransactionId(txId);
    prepared.setEnvelope(envelope);
    const signature = envelope?.getSignature_asU8() ?? new Uint8Array();
    await this.#gateway.newSignedTransaction(prepared.serializeBinary(), signature).submit();
  }

  close(): void {
    this.#gateway.close();
    this.#client.close();
  }
}

/** Awaits a refusal of the rules and returns its domain error. */
export async function ledgerRefusal(call: Promise<unknown>): Promise<DomainError> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof DomainError) return outcome;
  throw new Error('the rules should have refused', { cause: outcome });
}

/** The same proposal with another time in its header; nothing of it was signed yet. */
function dated(client: Gateway, original: Proposal, timestampMs: number): Proposal {
  const proposed = gateway.ProposedTransaction.deserializeBinary(original.getBytes());
  const signed = proposed.getProposal();
  const proposal = peer.Proposal.deserializeBinary(signed?.getProposalBytes_asU8() ?? new Uint8Array());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const timestamp: unknown = channel.getTimestamp();
  requireTimestamp(timestamp);
  timestamp.setSeconds(Math.floor(timestampMs / 1000));
  timestamp.setNanos((timestampMs % 1000) * 1_000_000);
  channel.setTimestamp(timestamp);
  header.setChannelHeader(channel.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  signed?.setProposalBytes(proposal.serializeBinary());
  return client.newProposal(proposed.serializeBinary());
}

/** A protobuf Timestamp; the protocol's package brings no types for it. */
interface Timestamp {
  setSeconds(seconds: number): void;
  setNanos(nanoseconds: number): void;
}

function requireTimestamp(value: unknown): asserts value is Timestamp {
  if (typeof value !== 'object' || value === null || !('setSeconds' in value))
    throw new Error('the proposal has no time');
}

function parse(bytes: Uint8Array): unknown {
  return bytes.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes));
}

function rethrow(error: unknown): never {
  const messages = error instanceof GatewayError ? error.details.map(({ message }) => message) : [];
  for (const message of messages) {
    const refusal = errorFromWire(message, error);
    if (refusal !== undefined) throw refusal;
  }
  throw error;
}
