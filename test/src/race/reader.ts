// SPDX-License-Identifier: Apache-2.0
import { openSegment } from '../support/clinic.js';
import { intentAnswer } from '../support/answers.js';
import { RestProblem } from '../support/rest-problem.js';
import type { Session } from '../support/rest-client.js';
import type { Opening } from './judge.js';
import type { Chart } from './track.js';

/** An intent of a race, and the reader who declared it. */
export interface Declared {
  readonly reader: Session;
  readonly intentId: string;
  readonly txId: string;
}

/** Declares an intent for everything in a chart; throws the refusal. */
export async function declareAll(reader: Session, { patient, segments }: Chart): Promise<Declared> {
  const request = { handle: patient.handle, purpose: 'TREAT', basis: { kind: 'consent' }, segments };
  const { intentId, txId } = intentAnswer.parse(await reader.post('/v1/intents', request));
  return { reader, intentId, txId };
}

/** Asks for the content of one segment, once; throws when what comes is not what was stored. */
export async function tryOpening(
  { reader, intentId, txId }: Declared,
  segmentId: string,
  content: Uint8Array,
): Promise<Opening> {
  // A token that has to be renewed is no part of the opening.
  await reader.authorization();
  const beganAt = performance.now();
  const outcome = await openSegment(reader, { intentId }, segmentId).catch(refusalCode);
  const endedAt = performance.now();
  if (typeof outcome === 'string')
    return { beganAt, endedAt, opened: false, intentTxId: txId, code: outcome };
  if (Buffer.compare(outcome, content) !== 0) throw new Error('another content came out');
  return { beganAt, endedAt, opened: true, intentTxId: txId };
}

function refusalCode(error: unknown): string {
  return error instanceof RestProblem ? error.code : 'NO_ANSWER';
}
