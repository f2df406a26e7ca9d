// SPDX-License-Identifier: Apache-2.0
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { CommitError, GatewayError, StatusCode, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { EndorserChoice, type MspId } from '@tutela/chaincode/domain';
import { seeded } from '@tutela/chaincode/testing';
import { encode } from '../testing/fabric-bytes.js';
import { submit, type Submission } from './submit.js';

const HOSPITALS = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as readonly string[] as readonly MspId[];
const [OWN = 'h0' as MspId, ...OTHERS] = HOSPITALS;
const HOSTILE: readonly MspId[] = HOSPITALS.slice(4);
const GOOD: readonly MspId[] = HOSPITALS.slice(1, 4);
const [FIRST = 'h1' as MspId] = GOOD;
/** One of these answers slowly and endorses truly. */
const SLOW: readonly MspId[] = [...GOOD.slice(0, 2), 'h7' as MspId];
const ANSWER = Buffer.from('answer');

function surroundings(): Readonly<{ nowMs: () => number; chance: () => number }> {
  const random = seeded(8);
  return { nowMs: () => 0, chance: () => random(1_000_000) / 1_000_000 };
}

/** A failed endorsement as Fabric's client tells it: what the peers of these hospitals said. */
function refusal(said: Readonly<Record<string, string>>): GatewayError {
  const cause: ServiceError = Object.assign(new Error('no endorsements'), {
    ...{ code: status.ABORTED, details: '', metadata: new Metadata() },
  });
  const details = Object.entries(said).map(([mspId, message]): ErrorDetail => ({
    address: `peer.${mspId}:7051`,
    mspId,
    message,
  }));
  return new GatewayError({ code: status.ABORTED, details, cause, message: 'no endorsements' });
}

/** gateway.PreparedTransaction with endorsements of these hospitals. */
function prepared(endorsers: readonly MspId[]): Uint8Array {
  const each = endorsers.map((mspId): [number, Buffer] => [2, encode([[1, encode([[1, mspId]])]])]);
  const actionPayload = encode([[2, encode(each)]]);
  const transaction = encode([[1, encode([[2, actionPayload]])]]);
  return encode([[2, encode([[1, encode([[2, transaction]])]])]]);
}

/** Seven hospitals of which four must endorse; `chosen` is whom the own peer asks when none is named. */
function scene(
  chosen: () => readonly MspId[],
  fails: (by: readonly MspId[]) => Error | undefined = () => undefined,
) {
  const asked: (readonly MspId[])[] = [];
  const around = surroundings();
  const submission: Submission = {
    own: OWN,
    others: () => Promise.resolve(OTHERS),
    ...{ choice: new EndorserChoice(around), nowMs: around.nowMs },
    endorse: (named) => {
      const by = named ?? [OWN, ...chosen()];
      asked.push(by);
      const failure = fails(by);
      if (failure !== undefined) return Promise.reject(failure);
      const code = by.some((one) => HOSTILE.includes(one))
        ? StatusCode.ENDORSEMENT_POLICY_FAILURE
        : StatusCode.VALID;
      const judged = { code, successful: code === StatusCode.VALID, transactionId: 't', blockNumber: 1n };
      return Promise.resolve({
        getBytes: () => prepared(by),
        getResult: () => ANSWER,
        submit: () => Promise.resolve({ getStatus: () => Promise.resolve(judged) }),
      });
    },
  };
  return { submission, asked };
}

describe('attack 44: hospitals that endorse with a false signature', () => {
  test('cost a custodian some tries once, and later ones none', async () => {
    const { submission, asked } = scene(() => HOSTILE);
    for (let tries = 0; tries < 3; tries += 1) await submit(submission).catch(() => undefined);
    const before = asked.length;
    for (let more = 0; more < 20; more += 1) expect(await submit(submission)).toEqual(ANSWER);
    expect(asked).toHaveLength(before + 20);
    expect(before).toBeLessThan(60);
  });

  test('leave the choice to the peer again when a hospital that endorsed well is away', async () => {
    const away = refusal({ h1: 'no connection' });
    const { submission, asked } = scene(
      () => GOOD,
      (by) => (by.includes(FIRST) ? away : undefined),
    );
    knowGood(submission);
    await expect(submit(submission)).rejects.toBe(away);
    expect(asked).toHaveLength(2);
    expect(submission.choice.known(OTHERS)).toBeUndefined();
  });

  test('profit from no refusal by the own chaincode: who endorsed well is asked again', async () => {
    let refused: Error | undefined = refusal({ h0: '[STATEMENT_REPLAYED] it was used', h1: 'replayed' });
    const { submission, asked } = scene(
      () => HOSTILE,
      () => refused,
    );
    knowGood(submission);
    await expect(submit(submission)).rejects.toBe(refused);
    refused = undefined;
    for (let more = 0; more < 20; more += 1) expect(await submit(submission)).toEqual(ANSWER);
    expect(asked).toHaveLength(21);
  });

  test('or answer slowly become no set that is asked by name, and leave one that answers too late', async () => {
    let now = 0;
    let chosen: readonly MspId[] = SLOW;
    const { submission, asked } = scene(
      () => chosen,
      (by) => {
        if (!by.some((one) => SLOW.includes(one) && !GOOD.includes(one))) return undefined;
        now += 4_000;
        return undefined;
      },
    );
    const choice = new EndorserChoice({ ...surroundings(), nowMs: () => now });
    const timed = { ...submission, choice, nowMs: () => now };
    await submit(timed).catch(() => undefined);
    expect(choice.known(OTHERS)).toBeUndefined();
    chosen = GOOD;
    await submit(timed);
    expect(choice.known(OTHERS)).toEqual(GOOD);
    const late = new GatewayError({
      ...{ code: status.DEADLINE_EXCEEDED, details: [], message: 'too late' },
      cause: Object.assign(new Error(), {
        code: status.DEADLINE_EXCEEDED,
        details: '',
        metadata: new Metadata(),
      }),
    });
    const silent = { ...timed, endorse: () => Promise.reject(late) };
    await expect(submit(silent)).rejects.toBe(late);
    expect(choice.known(OTHERS)).toBeUndefined();
    expect(asked.length).toBeGreaterThan(1);
  });

  test('end a submission after 25 tries, with the reason', async () => {
    const { submission, asked } = scene(() => HOSTILE);
    submission.choice.spoiled(4, GOOD);
    await expect(submit(submission)).rejects.toBeInstanceOf(CommitError);
    expect(asked).toHaveLength(25);
  });
});

function knowGood({ choice }: Submission): void {
  choice.beWary();
  choice.endorsed(GOOD, { isQuick: true });
}
