// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { DomainError, type Custodian, type SignedRevocation } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import { setScene } from '../testing/index.js';
import { sendHoldsAlone, type HoldDeps } from './send-holds.js';

const hold = {} as SignedRevocation;

/** A set, of which the first so many lie: they say that they hold, and do not; of the others so many are reached. */
type Place = Readonly<{ n: number; t: number; liars: number; reached: number; strangers?: number }>;

/** How a hold alone is answered, and whether the liars and those without it can still open. */
async function sendTo({ n, t, liars, reached, strangers = 0 }: Place) {
  const members = Array.from({ length: n }, (_, at) => ({ mspId: `H${String(at)}MSP` }));
  const others = Array.from({ length: strangers }, (_, at) => ({ mspId: `S${String(at)}MSP` }));
  const truly = new Set<string>();
  const deps = {
    log: { warn: () => undefined },
    custodians: {
      hold: ({ mspId }: Custodian) => {
        const at = members.findIndex((member) => member.mspId === mspId);
        if (at >= liars + reached)
          return Promise.reject(new DomainError('TOO_FEW_CUSTODIANS', 'not reached'));
        if (at >= liars) truly.add(mspId);
        return Promise.resolve();
      },
    },
    custody: {
      custodians: () => Promise.resolve([...members, ...others]),
      current: () => Promise.resolve({ members, threshold: t }),
    },
  } as unknown as HoldDeps;
  const answer = await sendHoldsAlone(deps, hold).then(
    ({ heldBy, notHeldBy }) => {
      expect([...heldBy, ...notHeldBy]).toHaveLength(n);
      return notHeldBy.length === 0 ? 'certain' : 'uncertain';
    },
    (error: unknown) => (error instanceof DomainError ? error.code : 'other'),
  );
  return { answer, canOpen: n - truly.size >= t, isHeld: truly.size > 0 };
}

/** Every way in which fewer than t lie, in sets of up to seven. */
const places: readonly Place[] = Array.from({ length: 7 }, (_, at) => at + 1).flatMap((n) =>
  Array.from({ length: n }, (_, at) => at + 1).flatMap((t) =>
    Array.from({ length: t }, (_, liars) => liars).flatMap((liars) =>
      Array.from({ length: n - liars + 1 }, (_, reached) => ({ n, t, liars, reached })),
    ),
  ),
);

test('attack 29: a hold alone is certain only where no t − 1 custodians that lie and those without it can open', async () => {
  const all = await Promise.all(places.map(sendTo));
  expect(all.filter(({ answer, canOpen }) => answer === 'certain' && canOpen)).toEqual([]);
  expect(all.filter(({ answer, isHeld }) => answer === 'uncertain' && !isHeld)).toEqual([]);
  expect(new Set(all.map(({ answer }) => answer))).toEqual(
    new Set(['certain', 'uncertain', 'TOO_FEW_CUSTODIANS']),
  );
});

test('attack 29: the word of a custodian that holds no share counts for no member of the set', async () => {
  const { answer } = await sendTo({ n: 3, t: 2, liars: 1, reached: 0, strangers: 2 });
  expect(answer).toBe('TOO_FEW_CUSTODIANS');
  expect((await sendTo({ n: 3, t: 2, liars: 1, reached: 1, strangers: 2 })).answer).toBe('uncertain');
});

test('a keyed request for a hold alone that was answered as uncertain is not answered so again once all have the hold', async () => {
  const { consortium, alder, patient } = await setScene();
  const { world, custodians } = consortium;
  const grantee = { kind: 'hospital', mspId: world.hospital(1).mspId } as const;
  const signed = world.revocation(patient, await world.grant(patient, { grantee })) as SignedRevocation;
  const { idempotency, consents } = alder.services;
  const revoke = () =>
    idempotency.run({ scope: 'revoke', key: 'key', digest: new Uint8Array(32) }, (attempt) =>
      consents.revoke(GATEWAY, signed, { holdOnly: true }, attempt),
    );
  const { mspId } = world.hospital(2);
  custodians.faults.set(mspId, { kind: 'down' });
  expect((await revoke()).notHeldBy).toEqual([mspId]);
  custodians.faults.delete(mspId);
  expect((await revoke()).notHeldBy).toEqual([]);
});
