// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { ERROR_CODES, tagged } from '@tutela/chaincode/domain';
import { z } from 'zod';

const base = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .max(128);
const id = z.string().max(256);

/** What a line says; ids and codes only. */
export const journalFacts = z.strictObject({
  kind: z.enum([
    ...['release', 'release-repeated', 'hold', 'hold-ended', 'share', 'alarm'],
    ...['degraded-acknowledgement', 'degraded-release'],
  ] as const),
  decision: z.enum(['permit', 'deny']),
  code: z.enum(ERROR_CODES).optional(),
  /** Hash of the request or statement that was decided, base64url. */
  requestHash: base,
  intentId: id.optional(),
  consentId: id.optional(),
  emergencyId: id.optional(),
  /** Whose questions a count of refusals is of. */
  hospital: id.optional(),
  /** How many times so far: a repeated release; within one day, refusals, or holds that take one another's place. */
  count: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  /** Whom a hold lies on. */
  identity: z.strictObject({ mspId: id, practitionerId: id }).optional(),
  requester: z.strictObject({ mspId: id, practitionerId: id }).optional(),
  segment: z.strictObject({ recordId: id, version: z.number().int(), segmentId: id }).optional(),
  label: base.optional(),
  epoch: z.number().int().optional(),
  txId: id.optional(),
  height: z.number().int().optional(),
  blockHash: base.optional(),
});
export type JournalFacts = z.infer<typeof journalFacts>;

/** One line of the journal: chained by `prevHash` to the line before, signed by the custodian. */
export const journalLine = z.strictObject({
  /** Version 2 added counts. */
  v: z.union([z.literal(1), z.literal(2)]),
  suite: z.literal(1),
  seq: z.number().int().min(1),
  prevHash: base,
  time: z.string(),
  ...journalFacts.shape,
  signature: base,
});
export type JournalLine = z.infer<typeof journalLine>;

/** Prefix of what is hashed and signed of a line. */
export const JOURNAL_PREFIX = 'Tutela-v1-journal';

/** The hash before the first line: 32 zero bytes. */
export const EMPTY_HEAD: string = Buffer.alloc(32).toString('base64url');

/** SHA-256 of a line without its signature, base64url. */
export function lineHash(line: JournalLine): string {
  return createHash('sha256')
    .update(tagged(JOURNAL_PREFIX, unsignedLine(line)))
    .digest('base64url');
}

const unsigned = journalLine.omit({ signature: true }).strip();

/** What is hashed and signed of a line. */
export function unsignedLine(line: JournalLine): Omit<JournalLine, 'signature'> {
  return unsigned.parse(line);
}
