// SPDX-License-Identifier: Apache-2.0
import { LedgerContext, ClientIdentity } from '../contracts/fabric.js';
import { contractsFor, type Contracts } from '../contracts/index.js';
import { DomainError, errorFromWire } from '../domain/errors.js';
import { TRANSACTIONS } from '../domain/names.js';
import type { CommitStatus, FakeLedger } from './fake-ledger.js';
import type { FakeStub } from './fake-stub.js';
import type { Identity } from './identity.js';

/** Transient data of a proposal by name, and a claimed time other than the ledger's. */
export type ProposalOptions = Readonly<{
  transient?: Readonly<Record<string, unknown>>;
  timestampMs?: number;
}>;

/** A transaction that was simulated on one peer: its answer, and the stub with everything it read and wrote. */
export type Endorsed = Readonly<{ txId: string; answer: unknown; stub: FakeStub }>;

/** A valid transaction. */
export type Committed = Readonly<{ txId: string; answer: unknown }>;

/** A transaction was endorsed, and found invalid at commit. */
export class CommitFailure extends Error {
  readonly status: CommitStatus;

  constructor(status: CommitStatus) {
    super(`the transaction is invalid: ${status}`);
    this.name = 'CommitFailure';
    this.status = status;
  }
}

type Method = (ctx: LedgerContext, request: string) => Promise<string>;

type Methods = ReadonlyMap<string, Method>;

const methodsByFounders = new Map<number, Methods>();

function methodsOf({ founders }: FakeLedger): Methods {
  const methods = methodsByFounders.get(founders) ?? new Map(contractsFor(founders).flatMap(methodsIn));
  methodsByFounders.set(founders, methods);
  return methods;
}

function methodsIn(Class: Contracts[number]): readonly (readonly [string, Method])[] {
  const contract = new Class();
  const { submit, evaluate } = TRANSACTIONS[contract.getName() as keyof typeof TRANSACTIONS];
  return [...submit, ...evaluate].map((name) => {
    const method: unknown = Reflect.get(contract, name);
    if (typeof method !== 'function') throw new Error(`${contract.getName()} has no ${name}`);
    return [
      `${contract.getName()}:${name}`,
      (ctx, request) => Promise.resolve(method.call(contract, ctx, request) as Promise<string>),
    ];
  });
}

const submitted = new Set(
  Object.entries(TRANSACTIONS).flatMap(([contract, { submit }]) =>
    submit.map((name) => `${contract}:${name}`),
  ),
);

/**
 * Submits (and commits) or evaluates one transaction in process; as an honest client does, it tries again what another
 * period has made invalid. Throws {@link DomainError} or {@link CommitFailure}.
 */
export async function runTransaction(
  ledger: FakeLedger,
  caller: Identity,
  name: string,
  request: unknown,
  options: ProposalOptions = {},
): Promise<Committed> {
  const { txId, answer, stub } = await endorse(ledger, caller, name, request, options);
  if (!submitted.has(name)) return { txId, answer };
  const isOld = ledger.isOfEarlierPeriod(stub);
  const status = ledger.commit(stub);
  if (status === 'VALID') return { txId, answer };
  if (isOld) return runTransaction(ledger, caller, name, request, options);
  throw new CommitFailure(status);
}

/** Simulates a transaction on the ledger's present state without committing it. */
export async function endorse(
  ledger: FakeLedger,
  caller: Identity,
  name: string,
  request: unknown,
  { transient = {}, timestampMs }: ProposalOptions = {},
): Promise<Endorsed> {
  const method = methodsOf(ledger).get(name);
  if (method === undefined) throw new DomainError('BAD_REQUEST', `no transaction ${name}`);
  const bytes = Object.entries(transient).map(([key, value]) => [key, encode(value)] as const);
  const time = timestampMs === undefined ? {} : { timestampMs };
  const stub = ledger.propose(caller, { transient: new Map(bytes), ...time });
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  stub.answer = await call(method, contextOf(ledger, stub), text);
  return { txId: stub.getTxID(), answer: JSON.parse(stub.answer), stub };
}

/** Commits an endorsed transaction; throws {@link CommitFailure} if it is invalid. */
export function commit(
  ledger: FakeLedger,
  stub: Pick<FakeStub, 'rwset'>,
  endorsers?: readonly string[],
): void {
  const status = ledger.commit(stub, endorsers);
  if (status !== 'VALID') throw new CommitFailure(status);
}

function contextOf(ledger: FakeLedger, stub: FakeStub): LedgerContext {
  const peerClock = (): number => ledger.nowMs;
  return Object.assign(new LedgerContext(), { stub, clientIdentity: identityOf(stub), peerClock });
}

function identityOf(stub: FakeStub): InstanceType<typeof ClientIdentity> {
  // The shim's own reading of the certificate, which needs nothing of a stub but its creator and its names.
  return new ClientIdentity(stub as unknown as ConstructorParameters<typeof ClientIdentity>[0]);
}

async function call(method: Method, context: LedgerContext, request: string): Promise<string> {
  try {
    return await method(context, request);
  } catch (error) {
    throw (error instanceof Error ? errorFromWire(error.message, error) : undefined) ?? error;
  }
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}
