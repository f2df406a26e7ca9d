// SPDX-License-Identifier: Apache-2.0
import {
  ceremonyOutcome,
  dealNewKey,
  dealOldShare,
  encodeBase64url,
  finishCeremony,
  generateHpkeKeyPair,
  openSubShare,
  systemRandom,
  type CustodyKey,
  type Dealing,
  type Dealt,
  type HpkeKeyPair,
} from '@tutela/crypto';
import { dealingsOf, termsOf } from '../domain/ceremony.js';
import type { Ceremony, CustodianSet, StartCeremony } from '../domain/custody.js';
import type { MspId } from '../domain/ids.js';
import type { FakeLedger } from './fake-ledger.js';
import type { Identity } from './identity.js';
import { runTransaction } from './runner.js';

/** Custodians by hospital, and the shares that they hold. */
export type Custodians = ReadonlyMap<MspId, Identity>;
export type Shares = ReadonlyMap<MspId, CustodyKey>;

/** Runs a whole ceremony over the ledger with real dealings and returns the members' new shares. */
export async function runCeremony(
  ledger: FakeLedger,
  custodians: Custodians,
  start: StartCeremony,
  old: Shares = new Map(),
): Promise<Shares> {
  const first = identityOf(custodians, start.members[0]);
  const previous = start.kind === 'dkg' ? undefined : await currentSet(ledger, first);
  await runTransaction(ledger, first, 'custody:StartCeremony', start);
  const keys = await joinAll(ledger, custodians, start);
  const joined = await ceremonyOf(ledger, first, start);
  await dealAll(ledger, custodians, { ceremony: joined, previous, old });
  const dealt = await ceremonyOf(ledger, first, start);
  const shares = finishAll(dealt, previous, keys);
  await confirmAll(ledger, custodians, dealt, previous);
  await runTransaction(ledger, first, 'custody:Activate', { ceremonyId: start.ceremonyId });
  return shares;
}

/** The ceremony as the ledger holds it now. */
export async function ceremonyOf(
  ledger: FakeLedger,
  custodian: Identity,
  { ceremonyId }: Pick<StartCeremony, 'ceremonyId'>,
): Promise<Ceremony> {
  return (await runTransaction(ledger, custodian, 'custody:GetCeremony', { ceremonyId })).answer as Ceremony;
}

/** Every member joins with a fresh key. */
export async function joinAll(
  ledger: FakeLedger,
  custodians: Custodians,
  { ceremonyId, members }: StartCeremony,
): Promise<readonly HpkeKeyPair[]> {
  const keys = members.map(() => generateHpkeKeyPair(systemRandom));
  for (const [position, member] of members.entries()) {
    const ephemeralKey = encodeBase64url(keys[position]?.publicKey ?? new Uint8Array());
    await runTransaction(ledger, identityOf(custodians, member), 'custody:Join', {
      ceremonyId,
      ephemeralKey,
    });
  }
  return keys;
}

/** Every dealer deals, honestly unless the test changes what it publishes; returns what each dealt. */
export async function dealAll(
  ledger: FakeLedger,
  custodians: Custodians,
  {
    ceremony,
    previous,
    old,
    publish = (_, dealing) => dealing,
  }: Readonly<{
    ceremony: Ceremony;
    previous: CustodianSet | undefined;
    old: Shares;
    publish?: (dealer: MspId, dealing: Dealing) => Dealing;
  }>,
): Promise<ReadonlyMap<MspId, Dealt>> {
  const terms = termsOf(ceremony, previous);
  const all = new Map<MspId, Dealt>();
  for (const { mspId, index } of ceremony.dealers) {
    const share = old.get(mspId)?.secret;
    const dealt = share === undefined ? dealNewKey(terms, index) : dealOldShare(terms, index, share);
    const dealing = ledgerDealing(publish(mspId, dealt.dealing));
    const request = { ceremonyId: ceremony.ceremonyId, dealing };
    await runTransaction(ledger, identityOf(custodians, mspId), 'custody:Deal', request);
    all.set(mspId, dealt);
  }
  return all;
}

/** A dealing as the ledger takes it. */
export function ledgerDealing({ commitments, proof, sealed }: Dealing): object {
  const subShares = sealed.map((text, position) => ({ recipient: position + 1, sealed: text }));
  return { commitments, proof, subShares };
}

/** The hash of everything that was published in a ceremony. */
export function transcriptHashOf(ceremony: Ceremony, previous: CustodianSet | undefined): string {
  return ceremonyOutcome(termsOf(ceremony, previous), dealingsOf(ceremony)).transcriptHash;
}

/** Every member, or those of the test's choice, confirm the transcript. */
export async function confirmAll(
  ledger: FakeLedger,
  custodians: Custodians,
  ceremony: Ceremony,
  previous: CustodianSet | undefined,
  confirming = ceremony.members,
): Promise<void> {
  const transcriptHash = transcriptHashOf(ceremony, previous);
  for (const { mspId } of confirming) {
    const request = { ceremonyId: ceremony.ceremonyId, transcriptHash };
    await runTransaction(ledger, identityOf(custodians, mspId), 'custody:Confirm', request);
  }
}

function finishAll(
  ceremony: Ceremony,
  previous: CustodianSet | undefined,
  keys: readonly HpkeKeyPair[],
): Shares {
  const terms = termsOf(ceremony, previous);
  const dealings = dealingsOf(ceremony);
  const outcome = ceremonyOutcome(terms, dealings);
  return new Map(
    ceremony.members.map(({ mspId, index }) => {
      const privateKey = keys[index - 1]?.privateKey ?? new Uint8Array();
      const received = dealings.map((dealing) => openSubShare(terms, dealing, { index, privateKey }));
      return [mspId, finishCeremony(terms, outcome, index, received)];
    }),
  );
}

async function currentSet(ledger: FakeLedger, caller: Identity): Promise<CustodianSet> {
  return (await runTransaction(ledger, caller, 'custody:GetCurrent', {})).answer as CustodianSet;
}

function identityOf(custodians: Custodians, member: MspId | undefined): Identity {
  const identity = member === undefined ? undefined : custodians.get(member);
  if (identity === undefined) throw new Error('no such custodian in this test');
  return identity;
}
