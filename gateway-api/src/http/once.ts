// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { canonicalJson, DomainError } from '@tutela/chaincode/domain';
import { attemptInMemory, SEED_BYTES } from '../services/attempt.js';
import type { Idempotency } from '../services/idempotency.js';
import type { Pace } from './body.js';
import type { Incoming, OnceRequest, Reply } from './route.js';

type Bytes = Incoming['bytes'];
type Answered = Readonly<{ reply: Reply; bodySha256: string }>;

/**
 * Carries requests out once for each key. A streamed body is hashed on its way, so that the same key with another
 * body is a CONFLICT even when the first answer is already known.
 */
export function onceFor(
  idempotency: Idempotency,
  randomBytes: (length: number) => Uint8Array,
  body: BodyWatch,
): Incoming['once'] {
  return async (request, act) => {
    // Nothing of a request without a key can be resumed.
    if (request.key === undefined) return act(attemptInMemory(randomBytes(SEED_BYTES)));
    let answeredNow: Answered | undefined;
    const answered = await idempotency.run<Answered>(keyed(request, request.key), async (attempt) => {
      const reply = await act(attempt);
      answeredNow = { reply, bodySha256: body.sha256() };
      return answeredNow;
    });
    const isReplay = answeredNow === undefined;
    if (isReplay && (await body.readAway()) !== answered.bodySha256)
      throw new DomainError('CONFLICT', 'the Idempotency-Key was used with another body');
    return answered.reply;
  };
}

/** The raw body of one request: its bytes once, and the hash of what was read. */
export class BodyWatch {
  readonly #hash: Hash = createHash('sha256');
  readonly #source: Bytes;
  readonly #isRaw: boolean;
  readonly #pace: Pace;

  constructor(source: Bytes, isRaw: boolean, pace: Pace) {
    this.#source = source;
    this.#isRaw = isRaw;
    this.#pace = pace;
  }

  readonly bytes: Bytes = (pace) => this.#watched(pace);

  async *#watched(pace: Pace): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#source(pace)) {
      this.#hash.update(piece);
      yield piece;
    }
  }

  sha256(): string {
    return this.#hash.copy().digest('base64url');
  }

  /** Reads what nobody wanted, and answers its hash. */
  async readAway(): Promise<string> {
    if (this.#isRaw) for await (const piece of this.#source(this.#pace)) this.#hash.update(piece);
    return this.sha256();
  }
}

function keyed(request: OnceRequest, key: string): Parameters<Idempotency['run']>[0] {
  const { session, operationId, parameters } = request;
  const digest = createHash('sha256')
    .update(canonicalJson(parameters.map((value) => value ?? null)))
    .digest();
  return { scope: `${session.clientId}/${session.practitionerId}/${operationId}`, key, digest };
}
