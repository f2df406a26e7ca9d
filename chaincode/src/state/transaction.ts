// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '../domain/codec.js';
import { decodeJson, type Decoder } from '../domain/decode.js';
import { DomainError } from '../domain/errors.js';
import { MAX_ARGUMENT_CHARS } from '../domain/names.js';
import { writeAudit, type AuditFacts } from './audit-writer.js';
import { openProposal, type Ledger, type Reader, type ReceivedProposal } from './ledger.js';
import { readPeriod } from './period.js';
import { turns } from './turns.js';

/** What a submit transaction yields: its answer, and the facts of its audit entry, or of one for each patient. */
export type Submission = Readonly<{ answer?: object; audit: AuditFacts | readonly AuditFacts[] }>;

/** A transaction: one JSON text in, one JSON text out. */
export type Transaction = Readonly<{
  kind: 'submit' | 'evaluate';
  execute: (ledger: Ledger, json: string) => Promise<object>;
}>;

/** A transaction that writes, its audit entry included; it is invalid once the ledger is in another period. */
export function submit<R>(
  request: Decoder<R>,
  run: (ledger: Ledger, request: R) => Promise<Submission>,
): Transaction {
  return {
    kind: 'submit',
    execute: async (ledger, json) => {
      const asked = decodeJson(request, json, MAX_ARGUMENT_CHARS);
      // Before anything else: the shim asks the peer for one key after another, and a refusal leaves no question open.
      await readPeriod(ledger);
      const { answer, audit } = await run(ledger, asked);
      await writeAudit(ledger, 'act' in audit ? [audit] : audit);
      return answer ?? {};
    },
  };
}

/** A transaction that only reads. */
export function evaluate<R>(
  request: Decoder<R>,
  run: (reader: Reader, request: R) => Promise<object>,
): Transaction {
  return {
    kind: 'evaluate',
    execute: (ledger, json) => run(ledger, decodeJson(request, json, MAX_ARGUMENT_CHARS)),
  };
}

/** Runs a transaction for the creator of a proposal, in its turn; whatever is thrown leaves as `[CODE] text`. */
export async function execute(
  transaction: Transaction,
  proposal: ReceivedProposal,
  json: string,
): Promise<string> {
  try {
    const opened = openProposal(proposal);
    const asked = {
      ...{ hospital: opened.caller.mspId, txId: opened.txId },
      bytes: sizeOf(proposal, json),
    };
    return await turns.take(asked, async (turn) =>
      canonicalJson(await transaction.execute({ ...opened, turn, writable: true }, json)),
    );
  } catch (cause) {
    throw wireError(cause);
  }
}

/** How much memory a proposal takes while it waits, in bytes. */
function sizeOf({ stub }: ReceivedProposal, json: string): number {
  return [...stub.getTransient().values()].reduce((sum, { length }) => sum + length, json.length);
}

function wireError(cause: unknown): Error {
  const known = cause instanceof DomainError ? cause : undefined;
  const error = known ?? new DomainError('INTERNAL', 'the transaction failed on this peer; try another');
  return new Error(error.toWire(), { cause });
}
